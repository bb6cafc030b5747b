//! What a macro's tokens name: they are no syntax tree, so its paths are put together from what stands beside one another.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// Something that stands in tokens.
pub enum Seen {
    /// A path of one or more names; `calls`: a parenthesis or an exclamation mark follows.
    Path { names: Vec<String>, calls: Option<char> },
    /// A string.
    Text(String),
}

/// Everything that stands there, with its line.
pub fn read(tokens: TokenStream) -> Vec<(usize, Seen)> {
    let mut found = Vec::new();
    gather(tokens, &mut found);
    found
}

fn gather(tokens: TokenStream, found: &mut Vec<(usize, Seen)>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let line = token.span().start().line;
        match token {
            TokenTree::Group(group) => gather(group.stream(), found),
            TokenTree::Literal(literal) => {
                if let Ok(text) = syn::parse_str::<syn::LitStr>(&literal.to_string()) {
                    found.push((line, Seen::Text(text.value())));
                }
            }
            TokenTree::Ident(_) => {
                let (names, after) = path_from(&tokens, at);
                if !is_no_path(&tokens, at, &names) {
                    let calls = follows(&tokens, after);
                    found.push((line, Seen::Path { names, calls }));
                }
                at = after;
                continue;
            }
            TokenTree::Punct(_) => {}
        }
        at += 1;
    }
}

/// The path that begins at a name, and the index after it.
fn path_from(tokens: &[TokenTree], start: usize) -> (Vec<String>, usize) {
    let mut names = vec![tokens[start].to_string()];
    let mut at = start + 1;
    while is(tokens, at, ':') && is(tokens, at + 1, ':') {
        let Some(TokenTree::Ident(name)) = tokens.get(at + 2) else {
            break;
        };
        names.push(name.to_string());
        at += 3;
    }
    // `::name` begins outside of the crate; `Type<..>::name` is no path of its own, and its type was seen.
    let after_colons = start >= 2 && is(tokens, start - 1, ':') && is(tokens, start - 2, ':');
    if after_colons {
        names.insert(0, String::new());
    }
    (names, at)
}

/// A field, a method, a lifetime, or a macro's own variable: `$crate` alone begins a path.
fn is_no_path(tokens: &[TokenTree], start: usize, names: &[String]) -> bool {
    let Some(before) = start.checked_sub(1) else {
        return false;
    };
    // `a..b` is a range.
    let field = is(tokens, before, '.') && !(before > 0 && is(tokens, before - 1, '.'));
    field || is(tokens, before, '\'') || is(tokens, before, '$') && names[0] != "crate"
}

fn follows(tokens: &[TokenTree], at: usize) -> Option<char> {
    match tokens.get(at)? {
        TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis => Some('('),
        TokenTree::Punct(mark) if mark.as_char() == '!' && !is(tokens, at + 1, '=') => Some('!'),
        _ => None,
    }
}

fn is(tokens: &[TokenTree], at: usize, mark: char) -> bool {
    matches!(tokens.get(at), Some(TokenTree::Punct(punct)) if punct.as_char() == mark)
}
