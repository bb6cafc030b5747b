//! Typed but unvalidated values: what a tree is taken apart into before anything is looked up.
//!
//! Each type gives its JSON Schema, so that what an editor completes, what the structural check demands, and what is read are one thing.
//! Reading never fails: what has the wrong shape was told by the structural check and is read as absent.

use super::location::Location;
use super::tree::{Content, Kind, Node};
use crate::quantity::Span;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use std::borrow::Cow;
use std::marker::PhantomData;

/// Something that a node can be read as.
pub trait FromNode: Sized {
    /// Reads it; `None` where the shape is wrong.
    fn from_node(node: &Node) -> Option<Self>;
}

/// A text with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// The text.
    pub text: String,
    /// Where it stands.
    pub place: Location,
}

/// A word of a closed list, such as the name of a fault. `K` names the list.
#[derive(Debug, Clone)]
pub struct Word<K>(pub Text, PhantomData<K>);

/// Name of a list of words.
pub trait WordKind {
    /// As the schema and the messages call it: `fault`.
    const NAME: &'static str;
}

/// A text that is a quantity of dimension `D`.
#[derive(Debug, Clone)]
pub struct Quantity<D>(pub Text, PhantomData<D>);

/// Dimension of a quantity, for the schema.
pub trait QuantityKind {
    /// `time`, `volume`, ...
    const NAME: &'static str;
    /// What it looks like.
    const EXAMPLE: &'static str;
    /// Units that a text may use.
    fn units() -> Vec<&'static str>;
    /// Other texts that are allowed.
    const ALSO: &'static [&'static str] = &[];
    /// Other forms that are allowed, as patterns for an editor.
    const FORMS: &'static [&'static str] = &[];
}

/// A span of time.
#[derive(Debug, Clone, Copy)]
pub struct Time;

impl QuantityKind for Time {
    const NAME: &'static str = "time";
    const EXAMPLE: &'static str = "20 min";
    fn units() -> Vec<&'static str> {
        Span::UNITS.iter().map(|unit| unit.0).collect()
    }
}

/// A whole number of at least 0.
#[derive(Debug, Clone, Copy)]
pub struct Count {
    /// The number.
    pub value: i64,
    /// Where it stands.
    pub place: Location,
}

/// `true` or `false`.
#[derive(Debug, Clone, Copy)]
pub struct Flag(pub bool);

/// Any scalar, as its text.
#[derive(Debug, Clone)]
pub struct Scalar(pub Text);

/// A map from names to values.
#[derive(Debug, Clone)]
pub struct Table<T> {
    /// The entries, in the order of the file.
    pub entries: Vec<(Text, T)>,
    /// Where it stands.
    pub place: Location,
}

/// Either a scalar form or a structured one.
#[derive(Debug, Clone)]
pub enum Either<A, B> {
    /// The short form.
    Short(A),
    /// The long form.
    Long(B),
}

impl<D> Quantity<D> {
    /// A text that should be a quantity.
    #[must_use]
    pub fn new(text: Text) -> Self {
        Self(text, PhantomData)
    }
}

impl FromNode for Text {
    fn from_node(node: &Node) -> Option<Self> {
        match &node.value {
            Content::Scalar { text, kind, .. } if *kind != Kind::Null => Some(Self {
                text: text.clone(),
                place: node.place,
            }),
            _ => None,
        }
    }
}

impl<K> FromNode for Word<K> {
    fn from_node(node: &Node) -> Option<Self> {
        Text::from_node(node).map(|text| Self(text, PhantomData))
    }
}

impl<D> FromNode for Quantity<D> {
    fn from_node(node: &Node) -> Option<Self> {
        match &node.value {
            Content::Scalar { kind: Kind::Text, .. } => Text::from_node(node).map(|text| Self(text, PhantomData)),
            _ => None,
        }
    }
}

impl FromNode for Count {
    fn from_node(node: &Node) -> Option<Self> {
        match &node.value {
            Content::Scalar {
                kind: Kind::Int, text, ..
            } => integer(text).map(|value| Self {
                value,
                place: node.place,
            }),
            _ => None,
        }
    }
}

impl FromNode for Flag {
    fn from_node(node: &Node) -> Option<Self> {
        match &node.value {
            Content::Scalar {
                kind: Kind::Bool, text, ..
            } => Some(Self(text.eq_ignore_ascii_case("true"))),
            _ => None,
        }
    }
}

impl FromNode for Scalar {
    fn from_node(node: &Node) -> Option<Self> {
        Text::from_node(node).map(Self)
    }
}

impl<T: FromNode> FromNode for Vec<T> {
    fn from_node(node: &Node) -> Option<Self> {
        match &node.value {
            Content::List(items) => Some(items.iter().filter_map(T::from_node).collect()),
            _ => None,
        }
    }
}

impl<T: FromNode> FromNode for Table<T> {
    fn from_node(node: &Node) -> Option<Self> {
        let Content::Map(entries) = &node.value else {
            return None;
        };
        let entry = |(key, value): &(super::tree::Key, Node)| {
            let key = Text {
                text: key.text.clone(),
                place: key.place,
            };
            T::from_node(value).map(|value| (key, value))
        };
        Some(Self {
            entries: entries.iter().filter_map(entry).collect(),
            place: node.place,
        })
    }
}

impl<A: FromNode, B: FromNode> FromNode for Either<A, B> {
    fn from_node(node: &Node) -> Option<Self> {
        match &node.value {
            Content::Scalar { .. } => A::from_node(node).map(Self::Short),
            _ => B::from_node(node).map(Self::Long),
        }
    }
}

/// A whole number in decimal or `0x` hexadecimal, as YAML 1.2 writes them.
#[must_use]
pub fn integer(text: &str) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (digits, radix) = digits.strip_prefix("0x").map_or((digits, 10), |hex| (hex, 16));
    // `from_str_radix` takes a sign, and there was one already.
    if digits.starts_with(['-', '+']) {
        return None;
    }
    let number = i128::from_str_radix(digits, radix).ok()?;
    i64::try_from(if negative { -number } else { number }).ok()
}

macro_rules! schema {
    ($ty:ty, [$($generic:tt)*], $name:expr, |$generator:ident| $schema:expr) => {
        impl<$($generic)*> JsonSchema for $ty {
            fn inline_schema() -> bool {
                true
            }
            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }
            fn json_schema($generator: &mut SchemaGenerator) -> Schema {
                $schema
            }
        }
    };
}

schema!(Text, [], "Text", |_generator| json_schema!({"type": "string"}));
schema!(
    Count,
    [],
    "Count",
    |_generator| json_schema!({"type": "integer", "minimum": 0})
);
schema!(Flag, [], "Flag", |_generator| json_schema!({"type": "boolean"}));
schema!(
    Scalar,
    [],
    "Scalar",
    |_generator| json_schema!({"type": ["string", "number", "integer", "boolean"]})
);
schema!(Word<K>, [K: WordKind], K::NAME, |_generator| json_schema!({"type": "string", "x-word": K::NAME}));
schema!(Quantity<D>, [D: QuantityKind], D::NAME, |_generator| json_schema!({
    "type": "string", "x-quantity": D::NAME, "x-units": D::units(), "x-also": D::ALSO, "x-forms": D::FORMS, "examples": [D::EXAMPLE]
}));
schema!(Table<T>, [T: JsonSchema], format!("Table of {}", T::schema_name()), |generator| {
    let inner = generator.subschema_for::<T>();
    json_schema!({"type": "object", "additionalProperties": inner})
});
schema!(Either<A, B>, [A: JsonSchema, B: JsonSchema], format!("{} or {}", A::schema_name(), B::schema_name()), |generator| {
    let (short, long) = (generator.subschema_for::<A>(), generator.subschema_for::<B>());
    json_schema!({"anyOf": [short, long]})
});

/// The key that a field is read from: its name in kebab case.
#[must_use]
pub fn key_of(field: &str) -> String {
    field.trim_start_matches("r#").replace('_', "-")
}

/// Reads the value of a field's key.
#[must_use]
pub fn field<T: FromNode>(node: &Node, name: &str) -> Option<T> {
    node.get(&key_of(name)).and_then(T::from_node)
}

/// Declares a struct of optional fields that is read from a map: each field by its name in kebab case.
#[macro_export]
macro_rules! raw_struct {
    ($(#[$meta:meta])* $name:ident { $( $(#[$field_meta:meta])* $field:ident : $ty:ty ),* $(,)? }) => {
        #[derive(Debug, Clone, schemars::JsonSchema)]
        #[schemars(rename_all = "kebab-case", deny_unknown_fields)]
        $(#[$meta])*
        pub struct $name {
            /// Where it stands.
            #[schemars(skip)]
            pub place: $crate::yaml::Location,
            $( $(#[$field_meta])* pub $field: Option<$ty>, )*
        }

        impl $crate::yaml::raw::FromNode for $name {
            fn from_node(node: &$crate::yaml::tree::Node) -> Option<Self> {
                matches!(node.value, $crate::yaml::tree::Content::Map(_)).then(|| Self {
                    place: node.place,
                    $( $field: $crate::yaml::raw::field(node, stringify!($field)), )*
                })
            }
        }
    };
}
