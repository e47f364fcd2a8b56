//! Each browser's manifest, made from the one at the top of the repository.

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

/// Stands in the source manifest for the proxy's origin.
const PROXY_ORIGIN: &str = "__PROXY_ORIGIN__";

/// A browser that the extension is built for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Browser {
    /// Chromium and its relatives.
    Chrome,
    /// Firefox.
    Firefox,
}

impl Browser {
    /// All of them.
    pub(crate) const ALL: [Self; 2] = [Self::Chrome, Self::Firefox];

    /// The name of its folder in `dist`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Chrome => "chrome",
            Self::Firefox => "firefox",
        }
    }

    /// Manifest keys that it does not know and would warn about.
    fn unknown_keys(self) -> &'static [&'static str] {
        match self {
            Self::Chrome => &["/background/scripts", "/browser_specific_settings"],
            Self::Firefox => &["/background/service_worker", "/externally_connectable", "/minimum_chrome_version"],
        }
    }
}

/// The manifest of one browser: its version added, the proxy's origin filled in, and the keys
/// that only the other browser knows left out.
pub(crate) fn for_browser(source: &str, browser: Browser, proxy_url: &str) -> Result<Value> {
    let filled = source.replace(PROXY_ORIGIN, match_origin(browser, proxy_url)?);
    let mut manifest: Value = serde_json::from_str(&filled).context("manifest.json")?;
    manifest["version"] = json!(env!("CARGO_PKG_VERSION"));
    for pointer in browser.unknown_keys() {
        remove(&mut manifest, pointer);
    }
    if browser == Browser::Firefox {
        name_pages(&mut manifest);
    }
    Ok(manifest)
}

/// Adds the pages of the content scripts to the origins that the extension says it needs. In
/// Firefox a person can take both away, and the views ask for what this list has.
fn name_pages(manifest: &mut Value) {
    let scripts = manifest["content_scripts"].as_array().cloned().unwrap_or_default();
    let matches = scripts.iter().filter_map(|script| script["matches"].as_array()).flatten();
    if let Some(origins) = manifest["host_permissions"].as_array_mut() {
        for pattern in matches {
            if !origins.contains(pattern) {
                origins.push(pattern.clone());
            }
        }
    }
}

/// The origin as match patterns write it: Firefox knows no port there.
fn match_origin(browser: Browser, proxy_url: &str) -> Result<&str> {
    let Some((scheme @ ("http" | "https"), host)) = proxy_url.split_once("://") else {
        bail!("the proxy's URL must start with http:// or https://: {proxy_url}");
    };
    ensure!(!host.is_empty() && !host.contains('/'), "the proxy's URL must be an origin: {proxy_url}");
    let port = host.rfind(':').filter(|_| browser == Browser::Firefox);
    Ok(port.map_or(proxy_url, |port| &proxy_url[..scheme.len() + "://".len() + port]))
}

fn remove(value: &mut Value, pointer: &str) {
    let Some((parent, key)) = pointer.rsplit_once('/') else { return };
    if let Some(Value::Object(entries)) = value.pointer_mut(parent) {
        entries.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = r#"{
        "background": {"service_worker": "b.js", "scripts": ["b.js"]},
        "browser_specific_settings": {"gecko": {"id": "x"}},
        "externally_connectable": {"ids": []},
        "minimum_chrome_version": "120",
        "host_permissions": ["__PROXY_ORIGIN__/*"],
        "content_scripts": [{"matches": ["https://*/*"]}, {"matches": ["https://*/*"]}]
    }"#;

    #[test]
    fn each_browser_gets_what_it_knows() {
        let chrome = for_browser(SOURCE, Browser::Chrome, "http://127.0.0.1:4100").unwrap();
        assert_eq!(
            chrome,
            json!({
                "version": env!("CARGO_PKG_VERSION"),
                "background": {"service_worker": "b.js"},
                "externally_connectable": {"ids": []},
                "minimum_chrome_version": "120",
                "host_permissions": ["http://127.0.0.1:4100/*"],
                "content_scripts": [{"matches": ["https://*/*"]}, {"matches": ["https://*/*"]}],
            })
        );
        let firefox = for_browser(SOURCE, Browser::Firefox, "http://127.0.0.1:4100").unwrap();
        assert_eq!(
            firefox,
            json!({
                "version": env!("CARGO_PKG_VERSION"),
                "background": {"scripts": ["b.js"]},
                "browser_specific_settings": {"gecko": {"id": "x"}},
                "host_permissions": ["http://127.0.0.1/*", "https://*/*"],
                "content_scripts": [{"matches": ["https://*/*"]}, {"matches": ["https://*/*"]}],
            })
        );
    }

    #[test]
    fn a_proxy_is_an_origin() {
        for wrong in ["127.0.0.1", "ftp://proxy.example", "https://", "https://proxy.example/"] {
            assert!(for_browser(SOURCE, Browser::Chrome, wrong).is_err(), "{wrong}");
        }
    }
}
