//! Which of several signatures is meant, and what makes them unreadable.

use http_signature::{SignatureError, SignatureInput};

const BYTES: &str = ":AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==:";

fn parse(input: &str, labels: &[&str]) -> Result<SignatureInput, SignatureError> {
    let signatures: Vec<String> = labels.iter().map(|label| format!("{label}={BYTES}")).collect();
    SignatureInput::parse(&[("Signature-Input", input), ("Signature", &signatures.join(", "))])
}

fn covered(input: &str, labels: &[&str]) -> Result<Vec<String>, SignatureError> {
    parse(input, labels).map(|signature| signature.components().map(str::to_owned).collect())
}

#[test]
fn sig1_is_preferred_and_a_single_one_is_taken_whatever_its_label() {
    assert_eq!(covered(r#"other=("date"), sig1=("@path")"#, &["other", "sig1"]), Ok(vec!["@path".to_owned()]));
    assert_eq!(covered(r#"other=("date")"#, &["sig1", "other"]), Ok(vec!["date".to_owned()]));
}

#[test]
fn several_others_are_ambiguous() {
    assert_eq!(covered(r#"a=("date"), b=("date")"#, &["a", "b"]), Err(SignatureError::AmbiguousLabel));
    assert_eq!(covered("", &["a"]), Err(SignatureError::AmbiguousLabel));
}

#[test]
fn both_fields_must_carry_the_label() {
    assert_eq!(covered(r#"sig1=("date")"#, &["sig2"]), Err(SignatureError::MissingSignature("sig1".to_owned())));
    assert_eq!(
        SignatureInput::parse(&[("Signature", "sig1=::")]),
        Err(SignatureError::MissingHeader("signature-input"))
    );
    assert_eq!(
        SignatureInput::parse(&[("Signature-Input", "sig1=()")]),
        Err(SignatureError::MissingHeader("signature"))
    );
}

#[test]
fn other_than_printed_forms_are_refused() {
    let many = format!("sig1=({})", vec![r#""a""#; 33].join(" "));
    for input in [
        r#"sig1=( "date")"#,
        r#"sig1=("date" )"#,
        r#"sig1=("date"  "@path")"#,
        r#"sig1=("date""@path")"#,
        r#"sig1=("date"); created=1"#,
        r#"sig1=("date""#,
        "sig1=(date)",
        r#"sig1="date""#,
        "sig1",
        &many,
    ] {
        assert!(matches!(parse(input, &["sig1"]), Err(SignatureError::MalformedField(_))), "{input}");
    }
}

#[test]
fn component_parameters_are_refused_by_name() {
    for parameter in ["req", "sf", "bs", "tr", r#"key="a""#] {
        assert_eq!(
            covered(&format!(r#"sig1=("date";{parameter})"#), &["sig1"]),
            Err(SignatureError::UnsupportedComponent("date;…".to_owned()))
        );
    }
}

#[test]
fn a_signature_of_another_length_is_refused() {
    let headers = [("Signature-Input", "sig1=()"), ("Signature", "sig1=:AAAA:")];
    assert!(matches!(SignatureInput::parse(&headers), Err(SignatureError::MalformedField(_))));
}
