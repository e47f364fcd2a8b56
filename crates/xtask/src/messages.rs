//! The words of the views in each language: none missing, none too many, each with the same
//! placeholders.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::shell::root;

/// The language that the others are held against.
const SOURCE: &str = "en";
/// The forms that each language has for numbers of things, as `Intl.PluralRules` names them.
const FORMS: [(&str, &[&str]); 4] = [
    (SOURCE, &["one", "other"]),
    ("de", &["one", "other"]),
    ("es", &["one", "many", "other"]),
    ("ar", &["zero", "one", "two", "few", "many", "other"]),
];

/// The messages of one language by their keys.
type Messages = BTreeMap<String, String>;

/// Fails when a language lacks a message or has one too many, when placeholders differ, or when
/// a message is not used or one that is used does not exist.
pub(crate) fn check() -> Result<()> {
    let extension = root().join("extension");
    let languages = FORMS.map(|(language, forms)| {
        let file = extension.join("_locales").join(language).join("messages.json");
        let text = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        Ok((language, forms, read(&text).with_context(|| file.display().to_string())?))
    });
    let languages = languages.into_iter().collect::<Result<Vec<_>>>()?;
    let source = languages.iter().find(|(language, ..)| *language == SOURCE).context("no source language")?;
    let mut wrongs = Vec::new();
    for (language, forms, messages) in &languages {
        wrongs.extend(differences(language, forms, messages, &source.2));
    }
    let mut code = fs::read_to_string(root().join("manifest.json"))?;
    collect(&extension, &mut code)?;
    wrongs.extend(misuses(&source.2, &code));
    ensure!(wrongs.is_empty(), "{}", wrongs.join("\n"));
    Ok(())
}

fn read(text: &str) -> Result<Messages> {
    let entries: BTreeMap<String, Value> = serde_json::from_str(text)?;
    let message = |(key, entry): (String, Value)| {
        let message = entry["message"].as_str().with_context(|| format!("{key} has no message"))?;
        Ok((key, message.to_owned()))
    };
    entries.into_iter().map(message).collect()
}

/// What makes one language differ from the source.
fn differences(language: &str, forms: &[&str], messages: &Messages, source: &Messages) -> Vec<String> {
    let mut wrongs = Vec::new();
    let mut wanted = BTreeMap::new();
    for (key, text) in source {
        match key.strip_suffix("_other") {
            Some(counted) => wanted.extend(forms.iter().map(|form| (format!("{counted}_{form}"), text))),
            None if is_form(key, source) => {}
            None => drop(wanted.insert(key.clone(), text)),
        }
    }
    for (key, text) in &wanted {
        let Some(message) = messages.get(key) else {
            wrongs.push(format!("{language} lacks {key}"));
            continue;
        };
        let (mut had, mut needed) = (placeholders(message), placeholders(text));
        // “One page” need not say the number again.
        if !source.contains_key(key) || is_form(key, source) {
            had.remove("count");
            needed.remove("count");
        }
        if had != needed {
            wrongs.push(format!("{language} has other placeholders in {key}: {had:?} instead of {needed:?}"));
        }
        // The browser would take what is between two of them for a placeholder of its own.
        if message.matches('$').count() > 1 || message.trim() != message || message.is_empty() {
            wrongs.push(format!("{language} has a message in {key} that cannot be shown"));
        }
    }
    let extra = messages.keys().filter(|key| !wanted.contains_key(*key));
    wrongs.extend(extra.map(|key| format!("{language} has {key}, which {SOURCE} has not")));
    wrongs
}

/// Whether the key is one form of a message that counts.
fn is_form(key: &str, source: &Messages) -> bool {
    key.rsplit_once('_').is_some_and(|(counted, _)| source.contains_key(&format!("{counted}_other")))
}

fn placeholders(message: &str) -> BTreeSet<&str> {
    message.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect()
}

/// Adds everything in which a message can be named.
fn collect(folder: &Path, code: &mut String) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let is_code = path.extension().is_some_and(|extension| extension == "js" || extension == "html");
        if path.is_dir() {
            collect(&path, code)?;
        } else if is_code {
            code.push_str(&fs::read_to_string(&path)?);
        }
    }
    Ok(())
}

/// Messages that nobody shows, and those that pages or the manifest name but that do not exist;
/// what the modules name is checked with their types.
fn misuses(source: &Messages, code: &str) -> Vec<String> {
    let named = |key: &str| ["'", "\""].iter().any(|quote| code.contains(&format!("{quote}{key}{quote}")));
    let composed = |key: &str| {
        let ends = key.match_indices('_').map(|(at, _)| at + 1);
        ends.into_iter().any(|end| code.contains(&format!("`{}${{", &key[..end])))
    };
    let unused = source.keys().filter(|key| {
        let counted =
            key.rsplit_once('_').filter(|_| is_form(key, source)).map_or(key.as_str(), |(counted, _)| counted);
        !named(counted) && !composed(counted) && !code.contains(&format!("__MSG_{counted}__"))
    });
    let mut wrongs: Vec<String> = unused.map(|key| format!("{key} is used nowhere")).collect();
    for (start, end) in [("data-message=\"", "\""), ("\"__MSG_", "__\"")] {
        let names = code.split(start).skip(1).filter_map(|rest| rest.split_once(end)).map(|(name, _)| name);
        let missing = names.filter(|name| !source.contains_key(*name));
        wrongs.extend(missing.map(|name| format!("there is no message {name}")));
    }
    wrongs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(entries: &[(&str, &str)]) -> Messages {
        entries.iter().map(|(key, text)| ((*key).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn a_language_has_what_the_source_has() {
        let source =
            messages(&[("paid", "{amount} to {site}"), ("pages_one", "one page"), ("pages_other", "{count} pages")]);
        let spanish = |paid, many| {
            messages(&[("paid", paid), ("pages_one", "1"), ("pages_many", many), ("pages_other", "{count}")])
        };
        let forms = ["one", "many", "other"];
        let wrongs = |messages| differences("es", &forms, &messages, &source);
        assert_eq!(wrongs(spanish("{site}: {amount}", "{count}")), [""; 0]);
        assert_eq!(wrongs(spanish("{site}", "{count}")).len(), 1);
        assert_eq!(wrongs(spanish("{site}: {amount}", "{number}")).len(), 1);
        assert_eq!(wrongs(spanish("$site$: {site} {amount}", "{count}")).len(), 1);
        let mut incomplete = spanish("{site}: {amount}", "{count}");
        incomplete.remove("pages_many");
        incomplete.insert("pages_few".into(), "{count}".into());
        assert_eq!(wrongs(incomplete), ["es lacks pages_many", "es has pages_few, which en has not"]);
    }

    #[test]
    fn each_message_is_shown_somewhere_and_each_that_is_shown_exists() {
        let source = messages(&[("name", ""), ("page_off", ""), ("pages_one", ""), ("pages_other", "")]);
        let code = "\"__MSG_name__\" message(`page_${state}`) counted('pages', 2)";
        assert_eq!(misuses(&source, code), [""; 0]);
        let code = "<title data-message=\"title\"> \"__MSG_nome__\" counted('pages', 2)";
        assert_eq!(
            misuses(&source, code),
            [
                "name is used nowhere",
                "page_off is used nowhere",
                "there is no message title",
                "there is no message nome"
            ]
        );
    }
}
