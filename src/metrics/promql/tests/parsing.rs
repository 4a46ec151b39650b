//! What is parsed, and what each other text is refused for.

use super::super::*;

fn printed(text: &str) -> String {
    parse(text)
        .unwrap_or_else(|error| panic!("{text}: {error}"))
        .to_string()
}

fn outside(text: &str) -> String {
    match parse(text) {
        Err(ParseError::Outside { what, .. }) => what,
        other => panic!("{text}: {other:?}"),
    }
}

fn syntax(text: &str) -> String {
    match parse(text) {
        Err(ParseError::Syntax { what, .. }) => what,
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn operators_bind_as_in_prometheus() {
    for (text, same) in [
        ("a + b * c", "a + (b * c)"),
        ("a - b - c", "(a - b) - c"),
        ("a / b * c", "(a / b) * c"),
        ("a or b and c unless d", "a or ((b and c) unless d)"),
        ("a > b + c", "a > (b + c)"),
        ("a == b > c", "(a == b) > c"),
        ("-a * b", "(-(a)) * b"),
        ("- a + b", "(-(a)) + b"),
        ("-(a + b)", "-(a + b)"),
        ("--a", "-(-(a))"),
        ("+a", "a"),
        ("a - -1", "a - -1.0"),
        ("2 - (1)", "2.0 - 1.0"),
        ("a AND On (y, x) b", "a and on (x, y) b"),
        ("a > BOOL ignoring (x,) b", "a > bool ignoring (x) b"),
    ] {
        assert_eq!(printed(text), same, "{text}");
    }
}

#[test]
fn selectors_have_one_text_whatever_the_order_of_matchers() {
    for (text, same) in [
        ("x", "x"),
        ("x{}", "x"),
        (r#"x{b="2",a!="1",}"#, r#"x{a!="1",b="2"}"#),
        (r#"{__name__="x",a=~"1|2"}"#, r#"x{a=~"1|2"}"#),
        (r#"{"queue.depth"}"#, r#"{__name__="queue.depth"}"#),
        (
            r#"{"queue.depth","my label"='1'}"#,
            r#"{__name__="queue.depth","my label"="1"}"#,
        ),
        (r#"{__name__="sum"}"#, r#"{__name__="sum"}"#),
        (r#"{__name__=~"x.*"}"#, r#"{__name__=~"x.*"}"#),
        ("a:b_c", "a:b_c"),
        (r#"x{a="1",a="1"}"#, r#"x{a="1"}"#),
        (
            r#"x{a="ü\"\\\n\t\x41\u00e9\101"}"#,
            r#"x{a="ü\"\\\n\tAéA"}"#,
        ),
        ("x{a=`b\\n`}", r#"x{a="b\\n"}"#),
        ("x{a='\"'} # why\n", r#"x{a="\""}"#),
    ] {
        assert_eq!(printed(text), same, "{text}");
        assert_eq!(printed(same), same, "{same}");
    }
}

#[test]
fn ranges_offsets_and_numbers_are_read_as_written() {
    for (text, same) in [
        ("rate(x[1h30m])", "rate(x[1h30m])"),
        ("rate(x[ 90m ])", "rate(x[1h30m])"),
        ("rate(x[1w] offset 1y)", "rate(x[7d] offset 365d)"),
        ("x offset -5m", "x offset -5m"),
        ("x OFFSET 1d2h3m4s5ms", "x offset 1d2h3m4s5ms"),
        ("0x1F", "31.0"),
        ("017", "15.0"),
        ("08", "8.0"),
        ("1e-3", "0.001"),
        (".5", "0.5"),
        ("5.", "5.0"),
        ("iNf", "Inf"),
        ("-Inf", "-Inf"),
        ("nan", "NaN"),
        ("-0", "-0.0"),
        ("9223372036854775808", "9.223372036854776e18"),
        ("x[5m]", "x[5m]"),
    ] {
        assert_eq!(printed(text), same, "{text}");
        assert_eq!(printed(same), same, "{same}");
    }
}

#[test]
fn aggregations_take_their_labels_before_or_after() {
    for text in [
        "sum by (a, b) (x)",
        "sum(x) by (b, a)",
        "SUM BY (b, a, a) (x)",
        "sum by (b, a,) ((x))",
    ] {
        assert_eq!(printed(text), "sum by (a, b) (x)");
    }
    assert_eq!(printed("count without () (x)"), "count without () (x)");
    assert_eq!(printed("avg(x)"), "avg(x)");
    assert_eq!(
        printed("sum(min) + count"),
        r#"sum({__name__="min"}) + {__name__="count"}"#
    );
    assert_eq!(printed("sum by (on, le) (x)"), "sum by (le, on) (x)");
}

#[test]
fn promql_that_is_not_recomputed_is_named() {
    for (text, what) in [
        ("topk(3, x)", "the aggregation topk"),
        ("quantile by (a) (0.9, x)", "the aggregation quantile"),
        ("irate(x[5m])", "the function irate"),
        ("absent(x)", "the function absent"),
        ("time()", "the function time"),
        ("x @ 5", "the modifier @"),
        ("x @ end()", "the modifier @"),
        ("rate(x[5m:1m])", "a subquery"),
        ("rate(x[5m:])", "a subquery"),
        ("rate(x[5m : 1m])", "a subquery"),
        ("a % b", "the operator %"),
        ("a ^ 2", "the operator ^"),
        ("a atan2 b", "the operator atan2"),
        ("a / on (x) group_left b", "many-to-one matching"),
        ("a / on (x) group_right (y) b", "one-to-many matching"),
        ("a + fill(0) b", "the filling of missing series"),
        ("rate(x[5m + 1m])", "a range that is no plain duration"),
        ("rate(x[300])", "a range that is no plain duration"),
        ("x offset 300", "an offset that is no plain duration"),
        ("5m", "a duration as a number"),
        ("\"text\"", "a string as an expression"),
        ("1_000", "a number with _ in it"),
        (r#"x{a="\xff"}"#, "a string that is not UTF-8"),
        (r#"x{a=~"\\C"}"#, "a regular expression with \\C"),
        (r#"x{a=~"("}"#, "the regular expression \"(\""),
        ("rate(x[5m] anchored)", "an extended range selector"),
    ] {
        assert_eq!(outside(text), what, "{text}");
    }
}

#[test]
fn what_no_server_takes_is_a_syntax_error() {
    for (text, what) in [
        ("", "no expression found in input"),
        ("# only this", "no expression found in input"),
        ("sum(rate(", "unclosed left parenthesis"),
        ("a +", "unexpected end of input"),
        ("a b", "unexpected identifier \"b\""),
        ("a)", "unexpected \")\""),
        ("x{a=5}", "unexpected number 5"),
        ("x{a}", "unexpected \"}\""),
        ("x{a=\"b\"", "unexpected end of input inside braces"),
        ("x{a=\"b}", "unterminated quoted string"),
        ("x{a=\"\\q\"}", "unknown escape sequence"),
        ("x[5m", "unclosed left bracket"),
        ("x[5q]", "bad number or duration syntax: \"5q\""),
        ("x[1s1m]", "bad number or duration syntax: \"1s1m\""),
        ("x[0s]", "duration must be greater than 0"),
        (
            "x offset 5m[5m]",
            "no offset modifiers allowed before range",
        ),
        (
            "x offset 5m offset 5m",
            "offset may not be set multiple times",
        ),
        ("(x)[5m]", "ranges only allowed for vector selectors"),
        ("sum(x)[5m]", "ranges only allowed for vector selectors"),
        (
            "{}",
            "vector selector must contain at least one non-empty matcher",
        ),
        (
            "{a=\"\"}",
            "vector selector must contain at least one non-empty matcher",
        ),
        (
            "{a!~\"1\"}",
            "vector selector must contain at least one non-empty matcher",
        ),
        (
            "x{__name__=\"y\"}",
            "metric name must not be set twice: \"x\" or \"y\"",
        ),
        (
            "quantile_over_tme(x[5m])",
            "unknown function with name \"quantile_over_tme\"",
        ),
        (
            "rate(x)",
            "expected type range vector in call to function \"rate\", got instant vector",
        ),
        (
            "rate()",
            "expected 1 argument(s) in call to \"rate\", got 0",
        ),
        (
            "histogram_quantile(x, y)",
            "expected type scalar in call to function \"histogram_quantile\", got instant vector",
        ),
        (
            "sum(x[5m])",
            "expected type instant vector in aggregation expression, got range vector",
        ),
        (
            "1 > 2",
            "comparisons between scalars must use BOOL modifier",
        ),
        (
            "a + bool b",
            "bool modifier can only be used on comparison operators",
        ),
        (
            "a and 1",
            "set operator \"and\" not allowed in binary scalar expression",
        ),
        (
            "a + on (x) 1",
            "vector matching only allowed between instant vectors",
        ),
        (
            "x[5m] + 1",
            "binary expression must contain only scalar and instant vector types",
        ),
        ("by", "unexpected identifier \"by\""),
        ("1e999", "bad number or duration syntax: \"1e999\""),
        ("a =~ b", "unexpected \"=~\""),
        ("a ! b", "unexpected character: '!'"),
    ] {
        assert_eq!(syntax(text), what, "{text}");
    }
}

#[test]
fn an_error_says_where() {
    let at = |text: &str| parse(text).unwrap_err().span().unwrap();

    assert_eq!(at("sum(topk(3, x))"), Span { start: 4, end: 8 });
    assert_eq!(at("a + 'ü' + $"), Span { start: 11, end: 12 });
    assert_eq!(at("rate(x)"), Span { start: 5, end: 6 });
    assert_eq!(
        parse("a % b").unwrap_err().to_string(),
        "the operator % (at byte 2) is outside of the PromQL that is recomputed"
    );
}

#[test]
fn large_expressions_are_refused_and_none_overflows_the_stack() {
    let deep = |open: &str, close: &str, n: usize| open.repeat(n) + "x" + &close.repeat(n);

    assert!(parse(&deep("(", ")", 60)).is_ok());
    for text in [
        deep("(", ")", 5_000),
        deep("-", "", 10_000),
        deep("sum(", ")", 3_000),
        deep("x+(", ")", 3_000),
        "x+".repeat(100) + "x",
        "x or ".repeat(100) + "x",
    ] {
        assert!(matches!(parse(&text), Err(ParseError::TooDeep { .. })));
    }
    assert!(matches!(
        parse(&"x".repeat(17 << 10)),
        Err(ParseError::TooLong { found: 17_408 })
    ));
    let wide = (0..9).fold("x".to_string(), |half, _| format!("({half}+{half})"));
    assert!(parse(&wide).is_ok());
    let wider = format!("{wide}+{wide}");
    assert!(matches!(
        parse(&wider),
        Err(ParseError::TooManyNodes { .. })
    ));
}
