//! Variables in a text filled in, as Grafana does it for Prometheus.

use super::variable::{Value, Variable, Variables};
use crate::model::limits::EXPRESSION_BYTES;

/// What built-in variables stand for; none for a name that is not built in.
pub(super) type BuiltIn<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// Bytes of a text after filling in.
const BYTES: usize = 1 << 20;

/// How values are written where no format is asked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Style {
    /// As PromQL: escaped, several as alternatives of a regular expression.
    PromQl,
    /// As they are.
    Plain,
}

/// The text with every variable filled in.
///
/// # Errors
/// Which variable has no value that is known, or one that Grafana's versions write in different ways.
pub(super) fn fill(
    text: &str,
    variables: &Variables,
    built_in: &BuiltIn<'_>,
    style: Style,
) -> Result<String, String> {
    if text.len() > EXPRESSION_BYTES {
        return Err(format!("it has more than {EXPRESSION_BYTES} bytes"));
    }
    let mut filled = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['$', '[']) {
        let (before, mark) = rest.split_at(at);
        filled.push_str(before);
        let Some(mention) = Mention::read(mark) else {
            let next = mark.chars().next().map_or(0, char::len_utf8);
            let (kept, after) = mark.split_at(next);
            filled.push_str(kept);
            rest = after;
            continue;
        };
        let (whole, after) = mark.split_at(mention.bytes);
        match mention.value(variables, built_in, style) {
            Ok(Some(value)) => filled.push_str(&value),
            Ok(None) => filled.push_str(whole),
            Err(reason) => {
                let name: String = mention.name.chars().take(100).collect();
                return Err(format!("its variable ${name} {reason}"));
            }
        }
        if filled.len() > BYTES {
            return Err("it is too long with its variables filled in".into());
        }
        rest = after;
    }
    filled.push_str(rest);
    Ok(filled)
}

/// A place where a variable stands: `$name`, `${name}`, `${name:format}`, `[[name]]`, `[[name:format]]`.
struct Mention<'a> {
    name: &'a str,
    format: Option<&'a str>,
    bytes: usize,
}

impl<'a> Mention<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let within = |open: usize, close: &str| {
            let inner = text.get(open..)?;
            let end = inner.find(close)?;
            let inner = inner.get(..end)?;
            let (name, format) = match inner.split_once(':') {
                Some((name, format)) => (name, Some(format)),
                None => (inner, None),
            };
            let start = name.split('.').next().unwrap_or_default();
            (word(start) == start.len() && !start.is_empty()).then_some(Self {
                name,
                format,
                bytes: open + end + close.len(),
            })
        };
        if text.starts_with("${") {
            return within(2, "}");
        }
        if text.starts_with("[[") {
            return within(2, "]]");
        }
        let name = text.strip_prefix('$')?;
        let length = word(name);
        Some(Self {
            name: name.get(..length).filter(|name| !name.is_empty())?,
            format: None,
            bytes: length + 1,
        })
    }

    /// What stands there instead; none for what is no variable at all.
    fn value(
        &self,
        variables: &Variables,
        built_in: &BuiltIn<'_>,
        style: Style,
    ) -> Result<Option<String>, String> {
        // A group of a regular expression, as label_replace has it.
        if self.name.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(None);
        }
        if self.name.starts_with("__") {
            let whole = match self.format {
                Some(format) => format!("{}:{format}", self.name),
                None => self.name.into(),
            };
            let found = built_in(&whole).ok_or("is none that is filled in here")?;
            return Ok(Some(found));
        }
        let variable = (variables.by_name.get(self.name)).ok_or("is none of the dashboard")?;
        let values = match &variable.value {
            Value::Unknown(reason) => return Err(reason.clone()),
            Value::All(_) if matches!(self.format, Some("text" | "percentencode")) => {
                return Err("is written in a format that is not filled in here".into());
            }
            Value::All(text) if text.contains('$') || text.contains("[[") => {
                return Err("stands for all values by other variables".into());
            }
            Value::All(text) => return Ok(Some(text.clone())),
            Value::Chosen(values) => values,
        };
        let written = match (self.format, style) {
            (None, Style::PromQl) => promql(variable, values)?,
            (None, Style::Plain) => values.join(","),
            (Some(format), _) => formatted(format, values)?,
        };
        // What the server's side of Grafana fills in comes after, in values too.
        if !written.contains("$__") && !written.contains("${__") {
            return Ok(Some(written));
        }
        let none = Variables::default();
        fill(&written, &none, built_in, Style::Plain)
            .map(Some)
            .map_err(|_| "has a value that is found when the dashboard is opened".into())
    }
}

/// Bytes of the word that the text starts with.
fn word(text: &str) -> usize {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.find(|c| !is_word(c)).unwrap_or(text.len())
}

/// Escaped for a text in quotes; where several may be chosen, for a regular expression in one.
fn promql(variable: &Variable, values: &[String]) -> Result<String, String> {
    if values.iter().any(|value| value.contains(['"', '\''])) {
        return Err(
            "has a value with quotes, which Grafana's versions write in different ways".into(),
        );
    }
    let [value] = values else {
        if !variable.several {
            return Err("has several values and takes one".into());
        }
        let escaped: Vec<String> = values.iter().map(|value| alternative(value)).collect();
        return Ok(format!("({})", escaped.join("|")));
    };
    match variable.several {
        false => Ok(value.replace('\\', "\\\\")),
        true if value.contains(".*") => {
            Err("has a value with .*, which Grafana's versions write in different ways".into())
        }
        true => Ok(alternative(value)),
    }
}

/// Escaped twice: for the regular expression, and for the text that it stands in.
fn alternative(value: &str) -> String {
    let mut escaped = String::new();
    for c in value.chars() {
        match c {
            '\\' => escaped.push_str("\\\\\\\\"),
            '$' | '^' | '*' | '{' | '}' | '[' | ']' | '+' | '?' | '.' | '(' | ')' | '|' => {
                escaped.push_str("\\\\");
                escaped.push(c);
            }
            _ => escaped.push(c),
        }
    }
    escaped
}

/// As the format that the dashboard's author asked for.
fn formatted(format: &str, values: &[String]) -> Result<String, String> {
    let several = |open: &str, by: &str, close: &str, values: Vec<String>| match values.as_slice() {
        [only] => only.clone(),
        all => format!("{open}{}{close}", all.join(by)),
    };
    let quoted = |quote: char| {
        let one = |value: &String| {
            let inner = value.replace(quote, &format!("\\{quote}"));
            format!("{quote}{inner}{quote}")
        };
        values.iter().map(one).collect::<Vec<_>>().join(",")
    };
    Ok(match format {
        "regex" => {
            let escape = |value: &String| {
                let mut escaped = String::new();
                for c in value.chars() {
                    if "\\^$*+?.()|[]{}/".contains(c) {
                        escaped.push('\\');
                    }
                    escaped.push(c);
                }
                escaped
            };
            several("(", "|", ")", values.iter().map(escape).collect())
        }
        "pipe" => values.join("|"),
        "csv" | "raw" => values.join(","),
        "glob" => several("{", ",", "}", values.to_vec()),
        "singlequote" => quoted('\''),
        "doublequote" => quoted('"'),
        _ => return Err("is written in a format that is not filled in here".into()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn variables() -> Variables {
        let chosen = |several, values: &[&str]| Variable {
            value: Value::Chosen(values.iter().map(|text| (*text).into()).collect()),
            several,
            plugin: None,
        };
        let by_name = BTreeMap::from([
            ("job".into(), chosen(false, &["api"])),
            ("path".into(), chosen(false, &[r"C:\x.y"])),
            ("pod".into(), chosen(true, &["a.b", "c+d"])),
            ("one".into(), chosen(true, &["a.b"])),
            ("quote".into(), chosen(false, &["it's"])),
            ("like".into(), chosen(true, &["a.*"])),
            ("every".into(), chosen(false, &["$__rate_interval"])),
            ("auto".into(), chosen(false, &["$__auto_interval_auto"])),
            (
                "all".into(),
                Variable {
                    value: Value::All(".+".into()),
                    several: true,
                    plugin: None,
                },
            ),
            (
                "lost".into(),
                Variable {
                    value: Value::Unknown("is lost".into()),
                    several: true,
                    plugin: None,
                },
            ),
        ]);
        Variables {
            by_name,
            filtering: None,
        }
    }

    fn filled(text: &str) -> Result<String, String> {
        let built_in = |name: &str| match name {
            "__interval" => Some("15s".to_owned()),
            "__rate_interval" => Some("60s".to_owned()),
            "__from:date:seconds" => Some("7".to_owned()),
            _ => None,
        };
        fill(text, &variables(), &built_in, Style::PromQl)
    }

    #[test]
    fn each_way_to_name_a_variable_is_filled_in() {
        for (text, wanted) in [
            (r#"up{job="$job"}"#, r#"up{job="api"}"#),
            (r#"up{job="${job}"}"#, r#"up{job="api"}"#),
            (r#"up{job="[[job]]"}"#, r#"up{job="api"}"#),
            (r#"up{p="$path"}"#, r#"up{p="C:\\x.y"}"#),
            (r#"up{p=~"$pod"}"#, r#"up{p=~"(a\\.b|c\\+d)"}"#),
            (r#"up{p=~"$one"}"#, r#"up{p=~"a\\.b"}"#),
            (r#"up{p=~"${pod:regex}"}"#, r#"up{p=~"(a\.b|c\+d)"}"#),
            (r#"up{p=~"${pod:pipe}"}"#, r#"up{p=~"a.b|c+d"}"#),
            (r#"up{p=~"[[pod:csv]]"}"#, r#"up{p=~"a.b,c+d"}"#),
            (r#"up{p=~"$all"}"#, r#"up{p=~".+"}"#),
            ("rate(x[$__rate_interval])", "rate(x[60s])"),
            ("rate(x[${__interval}])", "rate(x[15s])"),
            ("rate(x[$every])", "rate(x[60s])"),
            ("x @ ${__from:date:seconds}", "x @ 7"),
        ] {
            assert_eq!(filled(text).as_deref(), Ok(wanted), "{text}");
        }
    }

    #[test]
    fn what_is_no_variable_stays_as_it_is() {
        for text in [
            r#"label_replace(up, "a", "$1-${2}", "b", "(.*)(.)")"#,
            r#"up{a=~"^x$|[[:alpha:]]$"}"#,
            "up[5m]",
            "$",
            "${",
            "[[",
            "größe{a=\"ü$\"}",
        ] {
            assert_eq!(filled(text).as_deref(), Ok(text));
        }
    }

    #[test]
    fn a_variable_whose_text_is_not_certain_is_named() {
        for (text, part) in [
            ("$nobody", "$nobody is none of the dashboard"),
            ("$lost", "is lost"),
            ("$quote", "quotes"),
            ("$like", ".*"),
            ("$auto", "found when the dashboard is opened"),
            ("${job:lucene}", "format"),
            ("${__user.login}", "none that is filled in"),
            ("$__org", "none that is filled in"),
        ] {
            let reason = filled(text).unwrap_err();
            assert!(reason.contains(part), "{text}: {reason}");
        }
    }
}
