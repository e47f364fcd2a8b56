//! The page about what real wallets answer: each of its rows has a test, and each refusal that was
//! recorded is compared.

use serde_json::Value;

const PAGE: &str = include_str!("../../../../docs/wallet-answers.md");

const MODULES: [(&str, &str); 5] = [
    ("main_flow", include_str!("main_flow.rs")),
    ("observed", include_str!("observed.rs")),
    ("recorded", include_str!("recorded.rs")),
    ("service", include_str!("service.rs")),
    ("signatures", include_str!("signatures.rs")),
];

/// The cells of the rows below the headings.
fn rows() -> Vec<Vec<&'static str>> {
    let rows = PAGE.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| case |"));
    rows.map(|row| row.trim_matches('|').split('|').map(str::trim).collect()).collect()
}

fn is_test(name: &str) -> bool {
    let Some((module, function)) = name.split_once("::") else { return false };
    MODULES.iter().any(|(known, source)| {
        let heads = [format!("#[test]\nfn {function}()"), format!("#[tokio::test]\nasync fn {function}()")];
        *known == module && heads.iter().any(|head| source.contains(head))
    })
}

#[test]
fn each_row_names_tests_that_exist() {
    let rows = rows();
    assert_eq!(rows.len(), 30);
    for row in rows {
        let [case, _, tests] = row.as_slice() else { panic!("a row has three cells: {row:?}") };
        for test in tests.split(", ") {
            assert!(is_test(test.trim_matches('`')), "{case}: there is no test {test}");
        }
    }
    assert!(!is_test("recorded::no_such_test"));
}

#[test]
fn each_recorded_refusal_is_compared() {
    let recordings: Value = serde_json::from_str(include_str!("../../../../tests/fixtures/wallet.json")).unwrap();
    let (_, comparisons) = MODULES.iter().find(|(module, _)| *module == "recorded").unwrap();
    let refusals = recordings.as_object().unwrap().iter().filter(|(_, reply)| reply["body"]["error"].is_object());
    let missing: Vec<&String> =
        refusals.map(|(name, _)| name).filter(|name| !comparisons.contains(&format!("\"{name}\""))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
