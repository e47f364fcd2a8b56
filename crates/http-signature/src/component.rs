//! The components a signature covers, and the signature base made of them.

use std::borrow::Cow;

use crate::{
    Request, SignatureError,
    request::{Target, combined},
    structured_field::{Cursor, push_quoted},
};

/// More components than any signature here covers.
const MAX_COMPONENTS: usize = 32;

/// Reads the inner list of covered components: `("@method" "date")`.
pub(crate) fn read_components(cursor: &mut Cursor<'_>) -> Result<Vec<String>, SignatureError> {
    let mut components = Vec::new();
    cursor.expect("(")?;
    while !cursor.accept(")") {
        if !components.is_empty() {
            cursor.expect(" ")?;
        }
        let component = cursor.string()?;
        if cursor.accept(";") {
            return Err(SignatureError::UnsupportedComponent(format!("{component};…")));
        }
        if components.len() == MAX_COMPONENTS {
            return Err(SignatureError::MalformedField("too many components"));
        }
        components.push(component);
    }
    Ok(components)
}

/// Prints the inner list of covered components.
pub(crate) fn component_list(components: &[&str]) -> Result<String, SignatureError> {
    let mut list = String::with_capacity(128);
    list.push('(');
    for name in components {
        if list.len() > 1 {
            list.push(' ');
        }
        push_quoted(&mut list, name).ok_or_else(|| SignatureError::UnsupportedComponent((*name).to_owned()))?;
    }
    list.push(')');
    Ok(list)
}

/// Builds the signature base (RFC 9421, section 2.5).
///
/// `signature_params` is the inner list with its parameters as it stands in `Signature-Input`.
pub(crate) fn signature_base<'a>(
    request: &Request<'_>,
    components: impl IntoIterator<Item = &'a str>,
    signature_params: &str,
) -> Result<String, SignatureError> {
    let target = request.target()?;
    let mut covered = Vec::new();
    // Most are shorter.
    let mut base = String::with_capacity(1024);
    for name in components {
        if covered.contains(&name) {
            return Err(SignatureError::DuplicateComponent(name.to_owned()));
        }
        covered.push(name);
        let value = component_value(request, &target, name)?;
        // A line feed inside a value could pretend to be another component.
        if !value.bytes().all(|next| matches!(next, b' '..=b'~' | b'\t')) {
            return Err(SignatureError::InvalidComponent(name.to_owned()));
        }
        base.extend(["\"", name, "\": ", &value, "\n"]);
    }
    base.extend(["\"@signature-params\": ", signature_params]);
    Ok(base)
}

/// The value of a component (RFC 9421, sections 2.1 and 2.2).
fn component_value<'a>(request: &Request<'a>, target: &Target<'a>, name: &str) -> Result<Cow<'a, str>, SignatureError> {
    let path = if target.path.is_empty() { "/" } else { target.path };
    let query = if target.query.is_empty() { "?" } else { target.query };
    Ok(match name {
        "@method" => request.method.into(),
        "@target-uri" => request.target_uri.into(),
        "@authority" => authority(target).into(),
        "@scheme" => target.scheme.to_ascii_lowercase().into(),
        "@request-target" => format!("{path}{}", target.query).into(),
        "@path" => path.into(),
        "@query" => query.into(),
        field if is_field_name(field) => {
            combined(request.headers, field).ok_or_else(|| SignatureError::MissingComponent(field.to_owned()))?
        }
        other => return Err(SignatureError::UnsupportedComponent(other.to_owned())),
    })
}

/// Host and port in lower case, without the scheme's default port.
fn authority(target: &Target<'_>) -> String {
    let authority = target.authority.to_ascii_lowercase();
    let default_port = match target.scheme.to_ascii_lowercase().as_str() {
        "https" => ":443",
        "http" => ":80",
        _ => return authority,
    };
    match authority.strip_suffix(default_port) {
        Some(host) => host.to_owned(),
        None => authority,
    }
}

/// Whether this is the lower-case name of a header field.
fn is_field_name(name: &str) -> bool {
    let in_token = |next: u8| matches!(next, b'a'..=b'z' | b'0'..=b'9') || b"!#$%&'*+-.^_`|~".contains(&next);
    !name.is_empty() && name.bytes().all(in_token)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(target_uri: &str, name: &str) -> Result<String, SignatureError> {
        let request =
            Request { method: "POST", target_uri, headers: &[("Date", "today"), ("Evil", "a\n\"@method\": GET")] };
        let base = signature_base(&request, [name], "()")?;
        let line = base.lines().next().unwrap_or_default();
        Ok(line.trim_start_matches(&format!("\"{name}\": ")).to_owned())
    }

    #[test]
    fn derived_components_of_rfc_9421_section_2_2() {
        let uri = "https://www.example.com/path?param=value";
        for (name, expected) in [
            ("@method", "POST"),                      // 2.2.1
            ("@target-uri", uri),                     // 2.2.2
            ("@authority", "www.example.com"),        // 2.2.3
            ("@scheme", "https"),                     // 2.2.4
            ("@request-target", "/path?param=value"), // 2.2.5
            ("@path", "/path"),                       // 2.2.6
            ("@query", "?param=value"),               // 2.2.7
        ] {
            assert_eq!(value(uri, name).as_deref(), Ok(expected), "{name}");
        }
    }

    #[test]
    fn values_are_normalised_as_the_specification_says() {
        for (uri, name, expected) in [
            ("https://Host.Example:443", "@authority", "host.example"),
            ("http://host.example:80/", "@authority", "host.example"),
            ("http://host.example:443/", "@authority", "host.example:443"),
            ("HTTPS://host.example", "@scheme", "https"),
            ("https://host.example", "@path", "/"),
            ("https://host.example", "@query", "?"),
            ("https://host.example?", "@query", "?"),
            ("https://host.example?a", "@request-target", "/?a"),
        ] {
            assert_eq!(value(uri, name).as_deref(), Ok(expected), "{uri} {name}");
        }
    }

    #[test]
    fn what_is_not_implemented_is_refused_by_name() {
        let uri = "https://host.example/";
        for name in ["@status", "@query-param", "@signature-params", "Date", "", "a b"] {
            assert_eq!(value(uri, name), Err(SignatureError::UnsupportedComponent(name.to_owned())));
        }
        assert_eq!(value(uri, "x-missing"), Err(SignatureError::MissingComponent("x-missing".to_owned())));
    }

    #[test]
    fn a_value_cannot_smuggle_in_a_line() {
        assert_eq!(value("https://host.example/", "evil"), Err(SignatureError::InvalidComponent("evil".to_owned())));
    }

    #[test]
    fn a_component_is_covered_once() {
        let request = Request { method: "GET", target_uri: "https://host.example/", headers: &[] };
        assert_eq!(
            signature_base(&request, ["@path", "@method", "@path"], "()"),
            Err(SignatureError::DuplicateComponent("@path".to_owned()))
        );
    }
}
