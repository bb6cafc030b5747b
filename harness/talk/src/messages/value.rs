//! What stands in the fields of a message.

/// What a field held, as it stood there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'a> {
    /// The field may be empty, and was.
    Absent,
    /// A number: its digits, and the power of ten that they are multiplied by.
    Number {
        /// The digits as one whole number.
        digits: i128,
        /// The power of ten; never above 0 but where the text had an exponent.
        tens: i32,
    },
    /// A word or a text.
    Text(&'a str),
    /// Keys with values, still in one text.
    Pairs(&'a str),
}

/// What is put into a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Given<'a> {
    /// A whole number of what the field counts.
    Number(i128),
    /// A word or a text.
    Text(&'a str),
    /// Keys with values.
    Pairs(&'a [(&'a str, &'a str)]),
}
