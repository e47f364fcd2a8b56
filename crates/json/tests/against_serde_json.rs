//! That it reads and writes what `serde_json` does.

use std::collections::VecDeque;

use proptest::prelude::*;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

type Integers = ((u8, u16), ((u32, i32), (u64, i64)));

/// Anything of the kinds of types that are kept and sent.
#[derive(Debug, PartialEq, Serialize, Deserialize, json::Read, json::Write)]
#[serde(rename_all = "camelCase")]
struct Everything {
    text_member: String,
    #[serde(rename = "continue")]
    renamed: bool,
    integers: Integers,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    left_out: Option<u64>,
    null: Option<Checked>,
    list: Vec<Kind>,
    queue: VecDeque<(Number, Option<String>)>,
    #[serde(skip)]
    forgotten: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, json::Read, json::Write)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Plain,
    WithNumber(Number),
    WithTwo(u32, bool),
    WithMembers { character: String, inner: Option<Box<Kind>> },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, json::Read, json::Write)]
struct Number(i64);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, json::Read, json::Write)]
#[serde(try_from = "String", into = "String")]
struct Checked(String);

impl TryFrom<String> for Checked {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.len() < 9 { Ok(Self(text)) } else { Err("too long") }
    }
}

impl From<Checked> for String {
    fn from(checked: Checked) -> Self {
        checked.0
    }
}

/// What may be missing, and what may not.
#[derive(Debug, PartialEq, Deserialize, json::Read)]
struct Loose {
    a: u8,
    b: Option<i64>,
    #[serde(default)]
    plain: Option<Vec<bool>>,
    #[serde(default)]
    list: Vec<Option<Box<Loose>>>,
}

#[derive(Serialize, json::Write)]
#[serde(tag = "type", rename_all = "camelCase")]
enum Tagged<'a> {
    Load { link: u32, name: &'a str },
}

#[derive(Serialize, json::Write)]
#[serde(untagged)]
enum Untagged<'a> {
    Key { jwk: Number },
    Address(&'a str),
}

fn kind() -> impl Strategy<Value = Kind> {
    let leaf = prop_oneof![
        Just(Kind::Plain),
        any::<i64>().prop_map(|number| Kind::WithNumber(Number(number))),
        any::<(u32, bool)>().prop_map(|(number, truth)| Kind::WithTwo(number, truth)),
    ];
    leaf.prop_recursive(4, 8, 1, |inner| {
        (any::<String>(), prop::option::of(inner.prop_map(Box::new)))
            .prop_map(|(character, inner)| Kind::WithMembers { character, inner })
    })
}

fn checked() -> impl Strategy<Value = Checked> {
    "[a-c\"\\\\\n\0-\u{1f}]{0,8}".prop_map(Checked)
}

fn everything() -> impl Strategy<Value = Everything> {
    let queue = prop::collection::vec_deque((any::<i64>().prop_map(Number), any::<Option<String>>()), 0..4);
    let simple = (any::<String>(), any::<bool>(), any::<Integers>(), any::<Option<u64>>());
    let nested = (prop::option::of(checked()), prop::collection::vec(kind(), 0..4), queue);
    (simple, nested).prop_map(|((text_member, renamed, integers, left_out), (null, list, queue))| Everything {
        text_member,
        renamed,
        integers,
        left_out,
        null,
        list,
        queue,
        forgotten: 0,
    })
}

/// Texts that are nearly JSON, of the pieces that it is made of.
fn nearly_json() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            "\"",
            "\\",
            " ",
            "\n",
            "\t",
            "\r",
            "\u{c}",
            "null",
            "true",
            "false",
            "nul",
            "\"a\"",
            "\"a\":1",
            "0",
            "-0",
            "-1",
            "00",
            "1.5",
            "1.",
            ".5",
            "1e5",
            "1E+5",
            "1e",
            "-",
            "+1",
            "-01",
            "18446744073709551615",
            "18446744073709551616",
            "-9223372036854775808",
            "-9223372036854775809",
            "{}",
            "[]",
            "\"\\u0041\"",
            "\"\\ud83d\\ude00\"",
            "\"\\ud83d\"",
            "\"\\ude00\"",
            "\"\\ud83d\\u0041\"",
            "\"\\u00e\"",
            "\"\\x\"",
            "\"\\/\\b\\f\\n\\r\\t\"",
            "\"\u{1f}\"",
            "\"\u{7f}\"",
            "\"é😀\"",
            "\\u",
            "\\ud800",
        ])
        .prop_map(str::to_owned),
        any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

/// JSON of any shape, with space in it.
fn any_json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        prop::sample::select(vec!["null", "true", "false", "0", "-1", "1.5", "2e3", "18446744073709551616"])
            .prop_map(str::to_owned),
        any::<u64>().prop_map(|number| number.to_string()),
        any::<String>().prop_map(|text| serde_json::Value::from(text).to_string()),
    ];
    let name = prop::sample::select(vec!["a", "b", "textMember", "list", "plain", "with_number"]);
    leaf.prop_recursive(5, 32, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|values| format!("[ {} ]", values.join(" ,"))),
            prop::collection::vec((name.clone(), inner), 0..4).prop_map(|members| {
                let members: Vec<_> = members.iter().map(|(name, value)| format!("\"{name}\" :{value}")).collect();
                format!("{{{}}}", members.join(", "))
            }),
        ]
    })
}

/// A value as `serde_json` knows it; nothing for the numbers that we do not keep.
fn known(value: &json::Value) -> Option<serde_json::Value> {
    Some(match value {
        json::Value::Null => serde_json::Value::Null,
        json::Value::Bool(truth) => (*truth).into(),
        json::Value::Unsigned(number) => (*number).into(),
        json::Value::Negative(number) => (*number).into(),
        json::Value::OtherNumber => return None,
        json::Value::Text(text) => text.as_str().into(),
        json::Value::List(values) => values.iter().map(known).collect::<Option<Vec<_>>>()?.into(),
        json::Value::Object(members) => {
            let members = members.iter().map(|(name, value)| Some((name.clone(), known(value)?)));
            serde_json::Value::Object(members.collect::<Option<_>>()?)
        }
    })
}

fn both_read<T: DeserializeOwned + json::Read + PartialEq + std::fmt::Debug>(text: &str) -> Result<(), TestCaseError> {
    prop_assert_eq!(json::from_str::<T>(text).ok(), serde_json::from_str::<T>(text).ok());
    Ok(())
}

/// Whether both accept a text, and find the same in it.
fn both_parse(text: &str) -> Result<(), TestCaseError> {
    let theirs = serde_json::from_str::<serde_json::Value>(text);
    if theirs.as_ref().is_err_and(|error| error.to_string().starts_with("number out of range")) {
        // Beyond a float, which we would not keep: they stop there, and we go on.
        return Ok(());
    }
    let ours = text.parse::<json::Value>();
    prop_assert_eq!(ours.is_ok(), theirs.is_ok());
    if let (Some(ours), Ok(theirs)) = (ours.ok().as_ref().and_then(known), theirs) {
        prop_assert_eq!(ours, theirs);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

    #[test]
    fn what_is_written_is_the_same_and_is_read_back(value in everything()) {
        let text = json::to_string(&value);
        prop_assert_eq!(&text, &serde_json::to_string(&value).unwrap());
        prop_assert_eq!(json::from_str::<Everything>(&text).unwrap(), value);
    }

    #[test]
    fn what_is_written_with_space_or_broken_off_is_read_the_same(value in everything(), at: prop::sample::Index) {
        let spaced = serde_json::to_string_pretty(&value).unwrap();
        both_read::<Everything>(&spaced)?;
        let cut = (0..=at.index(spaced.len())).rev().find(|at| spaced.is_char_boundary(*at)).unwrap();
        both_read::<Everything>(&spaced[..cut])?;
    }

    #[test]
    fn nearly_json_is_accepted_or_refused_alike(text in nearly_json()) {
        both_parse(&text)?;
        both_parse(&format!("[{text}]"))?;
        both_parse(&format!("{{\"a\":\"{text}\"}}"))?;
    }

    #[test]
    fn any_text_is_accepted_or_refused_alike(text: String) {
        both_parse(&text)?;
    }

    #[test]
    fn any_json_is_found_to_say_the_same(text in any_json()) {
        both_parse(&text)?;
        both_read::<Vec<Kind>>(&text)?;
        both_read::<(u32, Option<Kind>)>(&text)?;
        both_read::<Vec<i64>>(&text)?;
        both_read::<Kind>(&text)?;
        // An array of a struct's members is not what we take for one.
        if !text.starts_with('[') {
            both_read::<Loose>(&text)?;
        }
    }
}

#[test]
fn tags_are_written_alike() {
    let tagged = Tagged::Load { link: 1, name: "\u{0}\u{1f}\u{7f}é\"\\" };
    assert_eq!(json::to_string(&tagged), serde_json::to_string(&tagged).unwrap());
    for untagged in [Untagged::Key { jwk: Number(-1) }, Untagged::Address("a")] {
        assert_eq!(json::to_string(&untagged), serde_json::to_string(&untagged).unwrap());
    }
}

#[test]
fn members_of_no_interest_are_skipped_whatever_they_hold() {
    for ignored in ["1.5", "1e999", "-0", "18446744073709551616", "null", "[{}]", r#"{"a":[1.5]}"#] {
        let text = format!(r#"{{"a":1,"other":{ignored},"b":null}}"#);
        let read = json::from_str::<Loose>(&text);
        assert_eq!(read, Ok(Loose { a: 1, b: None, plain: None, list: Vec::new() }));
    }
}

#[test]
fn what_is_nested_too_deep_is_refused_alike() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        for (depth, accepted) in [(127, true), (128, false), (100_000, false)] {
            let text = format!("{}1{}", open.repeat(depth), close.repeat(depth));
            assert_eq!(text.parse::<json::Value>().is_ok(), accepted);
            assert_eq!(serde_json::from_str::<serde_json::Value>(&text).is_ok(), accepted);
        }
    }
}

#[test]
fn a_member_that_comes_twice_is_an_error_in_a_struct_and_the_last_one_elsewhere() {
    let text = r#"{"a":1,"a":2}"#;
    assert!(json::from_str::<Loose>(text).is_err());
    assert_eq!(text.parse::<json::Value>().unwrap().find("/a"), Some(&json::Value::Unsigned(2)));
}

#[test]
fn a_path_leads_to_a_value() {
    let value: json::Value = r#"{"a":[{"b":"c"},7]}"#.parse().unwrap();
    assert_eq!(value.find("/a/0/b").and_then(json::Value::as_text), Some("c"));
    assert_eq!(value.find("/a/1"), Some(&json::Value::Unsigned(7)));
    assert_eq!(value.find(""), Some(&value));
    for nowhere in ["/b", "/a/2", "/a/-1", "/a/b", "/a/1/c", "/"] {
        assert_eq!(value.find(nowhere), None, "{nowhere}");
    }
}

#[test]
fn the_innermost_member_that_is_missing_or_wrong_is_named() {
    #[derive(Debug, json::Read)]
    #[expect(dead_code, reason = "only whether it can be read matters")]
    struct Outer {
        name: String,
        inner: Option<Inner>,
    }
    #[derive(Debug, json::Read)]
    #[expect(dead_code, reason = "only whether it can be read matters")]
    struct Inner {
        first: u8,
        second: u8,
    }
    let member = |text: &str| json::from_str::<Outer>(text).unwrap_err().member();
    assert_eq!(member(r#"{"inner":null}"#), Some("name"));
    assert_eq!(member(r#"{"name":1}"#), Some("name"));
    assert_eq!(member(r#"{"name":"","inner":7}"#), Some("inner"));
    assert_eq!(member(r#"{"name":"","inner":{"first":1}}"#), Some("second"));
    assert_eq!(member(r#"{"name":"","inner":{"first":300,"second":1}}"#), Some("first"));
    assert_eq!((member("[]"), member("{")), (None, None));
}
