//! JSON Schemas of the raw types: one form for the structural check, one for editors.

use schemars::JsonSchema;
use serde_json::{Value, json};
use std::any::TypeId;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Words of a list by its name; `None` where any text is allowed.
pub type Words<'a> = &'a dyn Fn(&str) -> Option<Vec<String>>;

/// The schema that the structural check uses: no placeholders, no nulls, the words filled in.
#[must_use]
pub fn structural<T: JsonSchema>(words: Words<'_>) -> Value {
    let mut schema = schemars::schema_for!(T).to_value();
    without_nulls(&mut schema);
    with_words(&mut schema, words);
    schema
}

/// [`structural`] without any words, made once: each command reads several files of a kind, and to make one takes as long as to read one.
#[must_use]
pub fn plain<T: JsonSchema + 'static>() -> Arc<Value> {
    static MADE: Mutex<BTreeMap<TypeId, Arc<Value>>> = Mutex::new(BTreeMap::new());
    let make = || Arc::new(structural::<T>(&|_| None));
    // Whoever panicked while it had this left it as it was.
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    Arc::clone(made.entry(TypeId::of::<T>()).or_insert_with(make))
}

/// The schema of a file of fixtures for editors, as text.
#[must_use]
pub fn published<T: JsonSchema>() -> String {
    let mut schema = structural::<T>(&|_| None);
    publish(&mut schema, false);
    format!("{schema:#}\n")
}

/// schemars lets each optional value be null; in YAML a key without a value is a mistake.
fn without_nulls(schema: &mut Value) {
    if let Value::Object(map) = schema {
        if let Some(Value::Array(types)) = map.get_mut("type") {
            types.retain(|t| t != "null");
            if let [one] = types.as_slice() {
                let one = one.clone();
                map.insert("type".to_owned(), one);
            }
        }
        if let Some(Value::Array(branches)) = map.get_mut("anyOf") {
            branches.retain(|b| b.get("type") != Some(&json!("null")));
            if let [one] = branches.as_slice() {
                let one = one.clone();
                map.remove("anyOf");
                if let Value::Object(inner) = one {
                    map.extend(inner);
                }
            }
        }
    }
    children(schema, &mut without_nulls);
}

/// Fills in the words that the catalogue knows.
fn with_words(schema: &mut Value, words: &dyn Fn(&str) -> Option<Vec<String>>) {
    if let Value::Object(map) = schema {
        let known = map.get("x-word").and_then(Value::as_str).and_then(words);
        if let Some(known) = known {
            map.insert("enum".to_owned(), json!(known));
        }
    }
    children(schema, &mut |child| with_words(child, words));
}

/// Turns the structural form into a plain JSON Schema: patterns for quantities, and placeholders.
pub fn publish(schema: &mut Value, placeholders: bool) {
    // Children first: what is wrapped below would else be met again inside its wrapping.
    children(schema, &mut |child| publish(child, placeholders));
    let Value::Object(map) = schema else { return };
    if let Some(units) = map.get("x-units").and_then(Value::as_array) {
        let escape = |text: &Value| text.as_str().unwrap_or("").replace('/', "\\/");
        let units: Vec<String> = units.iter().map(escape).collect();
        let also: Vec<String> = map
            .get("x-also")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .map(escape)
            .collect();
        let number = format!("[-+]?[0-9]+(\\.[0-9]+)?\\s*({})", units.join("|"));
        let mut forms = vec![number];
        forms.extend(also);
        let own = map.get("x-forms").and_then(Value::as_array);
        forms.extend(own.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned));
        if placeholders {
            forms.push(".*\\$\\{.*".to_owned());
        }
        map.insert("pattern".to_owned(), json!(format!("^\\s*({})\\s*$", forms.join("|"))));
    }
    for private in [
        "x-units",
        "x-also",
        "x-name",
        "x-quantity",
        "x-forms",
        "x-meant",
        "x-add",
    ] {
        map.remove(private);
    }
    let word = map.remove("x-word").is_some();
    let scalar = map.get("type").is_some_and(|t| t == "integer" || t == "boolean");
    // A text takes a placeholder as it is; a number, a truth or a closed list of words does not.
    if placeholders && (scalar || (word && map.contains_key("enum"))) {
        let description = map.remove("description");
        let inner = Value::Object(std::mem::take(map));
        map.insert(
            "anyOf".to_owned(),
            json!([inner, {"type": "string", "pattern": "\\$\\{"}]),
        );
        if let Some(description) = description {
            map.insert("description".to_owned(), description);
        }
    }
}

/// Calls `act` on each schema that stands directly inside this one.
fn children(schema: &mut Value, act: &mut dyn FnMut(&mut Value)) {
    let Value::Object(map) = schema else { return };
    for key in ["properties", "$defs"] {
        if let Some(Value::Object(inner)) = map.get_mut(key) {
            inner.values_mut().for_each(&mut *act);
        }
    }
    for key in ["items", "additionalProperties"] {
        if let Some(inner @ Value::Object(_)) = map.get_mut(key) {
            act(inner);
        }
    }
    if let Some(Value::Array(branches)) = map.get_mut("anyOf") {
        branches.iter_mut().for_each(&mut *act);
    }
}
