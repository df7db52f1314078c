//! A file as the house rules see it: its text, its code without comments and literals, its code without tests.

use std::ops::Range;
use std::path::Path;
use std::{fs, io};

/// One file, in three views whose byte offsets agree. Of files that aren't Rust all views are the text.
pub(crate) struct Source {
    /// From the project's root, with slashes.
    pub(crate) path: String,
    pub(crate) text: String,
    /// The text with comments and the insides of literals blanked.
    pub(crate) code: String,
    /// `code` with what is under `#[cfg(test)]` blanked too, and with nothing left of files that are tests.
    pub(crate) live: String,
    /// The insides of those string literals that are not in tests.
    pub(crate) literals: Vec<Range<usize>>,
}

impl Source {
    pub(crate) fn new(path: &str, text: &str) -> Source {
        let (path, text) = (path.to_owned(), text.to_owned());
        if !path.ends_with(".rs") {
            return Source { path, code: text.clone(), live: text.clone(), text, literals: Vec::new() };
        }
        let (code, mut literals) = lex(&text);
        let live = without_tests(&path, &code);
        literals.retain(|inside| live.as_bytes()[inside.start - 1] != b' ');
        Source { path, text, code, live, literals }
    }

    /// The number of the line that holds the byte at `offset`.
    pub(crate) fn line(&self, offset: usize) -> usize {
        self.text[..offset].matches('\n').count() + 1
    }

    /// How many lines are not test code. Blank lines and comments count: they are read as well.
    pub(crate) fn live_lines(&self) -> usize {
        let views = self.code.lines().zip(self.live.lines());
        views.filter(|(code, live)| code == live).count()
    }

    /// `ledger` for `src/ledger/lane.rs`, `money` for `src/money.rs`; none for the crate's root.
    pub(crate) fn room(&self) -> Option<&str> {
        let first = self.path.strip_prefix("src/")?.split('/').next()?;
        let room = first.trim_end_matches(".rs");
        (room != "lib").then_some(room)
    }

    /// True for the crate's own code.
    pub(crate) fn is_ours(&self) -> bool {
        self.path.starts_with("src/") && self.path.ends_with(".rs")
    }
}

/// Every text file of the project in order of path; what isn't text (pictures, fonts) is left out.
pub(crate) fn tree() -> Vec<Source> {
    // Asked for when the test runs: where checkouts share a target folder, cargo may run what another of them built.
    let root = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    let (root, mut found) = (Path::new(&root), Vec::new());
    walk(root, root, &mut found).expect("the project's own files can be read");
    found.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(found.iter().any(|source| source.path == "src/lib.rs"), "no src/lib.rs in {}", root.display());
    found
}

fn walk(root: &Path, folder: &Path, found: &mut Vec<Source>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let (path, kind) = (entry.path(), entry.file_type()?);
        let built_or_kept_by_tools = ["target", ".git", "polsband-data", "node_modules"];
        if built_or_kept_by_tools.iter().any(|name| path.ends_with(name)) {
            continue;
        }
        if kind.is_dir() {
            walk(root, &path, found)?;
        } else if kind.is_file()
            && let Ok(text) = fs::read_to_string(&path)
        {
            let below = path.strip_prefix(root).expect("the walk stays below the root");
            found.push(Source::new(&below.to_string_lossy().replace('\\', "/"), &text));
        }
    }
    Ok(())
}

/// Blanks comments and the insides of literals, and says where the insides of strings lie.
fn lex(text: &str) -> (String, Vec<Range<usize>>) {
    let (mut code, mut literals, mut at) = (text.to_owned(), Vec::new(), 0);
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        if rest.starts_with("//") {
            let end = at + rest.find('\n').unwrap_or(rest.len());
            blank(&mut code, at..end);
            at = end;
        } else if rest.starts_with("/*") {
            let end = at + block_comment_bytes(rest);
            blank(&mut code, at..end);
            at = end;
        } else if let Some((open, close)) = string_quotes(rest) {
            let start = at + open;
            let end = match close.as_str() {
                "\"" => start + string_bytes(&text[start..]),
                raw => text[start..].find(raw).map_or(text.len(), |i| start + i),
            };
            blank(&mut code, start..end);
            literals.push(start..end);
            at = text.len().min(end + close.len());
        } else if let Some(bytes) = char_literal_bytes(rest) {
            blank(&mut code, at + 1..at + bytes - 1);
            at += bytes;
        } else {
            at += first.len_utf8();
        }
    }
    (code, literals)
}

/// The bytes of a string's opening quote and the text of its closing one; `None` when no string starts here.
fn string_quotes(rest: &str) -> Option<(usize, String)> {
    if rest.starts_with('"') {
        return Some((1, "\"".to_owned()));
    }
    let after = rest.strip_prefix('r')?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    after[hashes..].starts_with('"').then(|| (hashes + 2, format!("\"{}", "#".repeat(hashes))))
}

/// Bytes up to the quote that ends a string with escapes.
fn string_bytes(inside: &str) -> usize {
    let mut escaped = false;
    let end = inside.bytes().position(|b| {
        let ends = b == b'"' && !escaped;
        escaped = b == b'\\' && !escaped;
        ends
    });
    end.unwrap_or(inside.len())
}

/// Bytes of the character literal that starts here; `None` for a lifetime and for anything else.
fn char_literal_bytes(rest: &str) -> Option<usize> {
    let inside = rest.strip_prefix('\'')?;
    let first = inside.chars().next()?;
    let content = if first == '\\' { 2 } else { first.len_utf8() };
    let close = inside.get(content..)?.find('\'')?;
    (first == '\\' || close == 0).then_some(content + close + 2)
}

/// Bytes of the block comment that starts here, with those inside it.
fn block_comment_bytes(rest: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while let Some(i) = rest[at..].find(['/', '*']) {
        at += i;
        let step = match rest.get(at..at + 2) {
            Some("/*") => 1,
            Some("*/") => -1,
            _ => 0,
        };
        depth += step;
        at += if step == 0 { 1 } else { 2 };
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

fn blank(text: &mut String, range: Range<usize>) {
    let blanked: String = text[range.clone()].bytes().map(|b| if b == b'\n' { '\n' } else { ' ' }).collect();
    text.replace_range(range, &blanked);
}

fn without_tests(path: &str, code: &str) -> String {
    let mut live = code.to_owned();
    let file = path.rsplit('/').next().unwrap_or(path);
    let named_test = file == "tests.rs" || file.ends_with("_tests.rs") || file.starts_with("test_");
    if named_test || path.split('/').any(|folder| folder == "tests") || code.contains("#![cfg(test)]") {
        blank(&mut live, 0..code.len());
    }
    for (start, mark) in code.match_indices("#[cfg(test)]") {
        blank(&mut live, start..start + mark.len() + item_bytes(&code[start + mark.len()..]));
    }
    live
}

/// Bytes up to the end of the item that starts here: its closing brace, or its semicolon.
pub(crate) fn item_bytes(code: &str) -> usize {
    let mut depth = 0;
    let end = code.bytes().position(|b| {
        match b {
            b'{' | b'(' | b'[' => depth += 1,
            b'}' | b')' | b']' => depth -= 1,
            _ => {}
        }
        depth <= 0 && matches!(b, b'}' | b';')
    });
    end.map_or(code.len(), |last| last + 1)
}

pub(crate) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Where `word` stands in `code` as a whole name, not as a part of one nor behind `::` or a dot.
pub(crate) fn names<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    code.match_indices(word).map(|(at, _)| at).filter(move |at| {
        !code[..*at].ends_with(|c| is_word(c) || c == ':' || c == '.')
            && !code[at + word.len()..].starts_with(is_word)
    })
}

/// The first names of the path that starts at `at`: one, or those of a group in braces.
pub(crate) fn heads(code: &str, at: usize) -> Vec<(usize, &str)> {
    let name = |start: usize| {
        let length = code[start..].find(|c| !is_word(c)).unwrap_or(code.len() - start);
        (start, &code[start..start + length])
    };
    if !code[at..].starts_with('{') {
        return vec![name(at)];
    }
    let (mut found, mut depth, mut expected) = (Vec::new(), 0, false);
    for (i, c) in code[at..].char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ if depth == 1 && expected && is_word(c) => found.push(name(at + i)),
            _ => {}
        }
        expected = depth == 1 && (matches!(c, '{' | ',') || expected && c.is_whitespace());
        if depth == 0 {
            break;
        }
    }
    found
}

#[test]
fn comments_literals_and_tests_are_told_from_code() {
    let text = r###"
a("x\"//", r#""y"#, b'\'', '"', 'c'); /* /* d */ e */ f::<'static>(); // g
#[cfg(test)]
mod t { h("z"); }
i();
"###;
    let source = Source::new("src/money.rs", text);
    let squeeze = |view: &str| view.split_whitespace().collect::<String>();
    let before = r###"a("",r#""#,b'','','');f::<'static>();"###;
    assert_eq!(squeeze(&source.code), format!("{before}#[cfg(test)]modt{{h(\"\");}}i();"));
    assert_eq!(squeeze(&source.live), format!("{before}i();"));
    let literals: Vec<&str> = source.literals.iter().map(|inside| &text[inside.clone()]).collect();
    assert_eq!(literals, [r#"x\"//"#, r#""y"#]);
    assert_eq!(source.live_lines(), 3);
    for path in
        ["src/media/tests.rs", "src/media/code_tests.rs", "src/media/test_codes.rs", "src/media/tests/a.rs"]
    {
        assert_eq!(Source::new(path, text).live.trim(), "", "{path} is a test");
    }
    assert_ne!(Source::new("src/media/latest_codes.rs", text).live.trim(), "");
}
