//! Options from flags, the environment and a file: the first one that has a value counts, and
//! after them the default. All three have the same names: `--key-file`,
//! `RIVULET_PROXY_KEY_FILE`, `key-file = "…"`.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use clap::error::{Error, ErrorKind};
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command, CommandFactory, FromArgMatches};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::options::Options;

/// What says something about the reading itself, and so cannot stand in the file.
const OF_THE_COMMAND_LINE: [&str; 2] = ["config", "check-config"];

/// Options, and where each of them comes from.
#[derive(Debug)]
pub struct Configuration {
    /// What counts.
    pub options: Options,
    command: Command,
    matches: ArgMatches,
    settings: Vec<Setting>,
}

/// What the file says about one option.
#[derive(Debug)]
struct Setting {
    name: String,
    values: Vec<String>,
}

impl Setting {
    fn is_of(&self, option: &Arg) -> bool {
        option.get_long() == Some(&self.name)
    }
}

impl Configuration {
    /// Reads flags and environment, and the file that they name, if they do.
    ///
    /// # Errors
    /// If anything is unknown, missing or makes no sense; for the file, with the line.
    pub fn read(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, Error> {
        let arguments: Vec<OsString> = arguments.into_iter().collect();
        let mut command = command();
        let preview = command.clone().ignore_errors(true).try_get_matches_from(&arguments)?;
        let settings = match preview.get_one::<PathBuf>("config") {
            None => Vec::new(),
            Some(path) => {
                read_file(&command, path).map_err(|message| command.error(ErrorKind::InvalidValue, message))?
            }
        };
        // A default is what clap takes when neither a flag nor a variable says anything.
        command = command.mut_args(|option| match settings.iter().find(|setting| setting.is_of(&option)) {
            Some(setting) => option.required(false).default_values(setting.values.clone()),
            None => option,
        });
        let matches = command.try_get_matches_from_mut(arguments)?;
        let options = Options::from_arg_matches(&matches)?;
        Ok(Self { options, command, matches, settings })
    }

    /// Each option as the file would have it, with its source.
    pub fn describe(&self) -> String {
        let line = |option: &Arg| {
            let name = option.get_long()?;
            let values: Vec<_> =
                self.matches.get_raw(option.get_id().as_str())?.map(|raw| shown(&raw.to_string_lossy())).collect();
            let values = match (option.get_value_delimiter(), values.as_slice()) {
                (None, [value]) if value.parse::<u64>().is_ok() || value.parse::<bool>().is_ok() => value.to_string(),
                (None, [value]) => format!("{value:?}"),
                _ => format!("{values:?}"),
            };
            Some(format!("{name} = {values} # {}\n", self.source(option)))
        };
        settable(&self.command).filter_map(line).collect()
    }

    fn source(&self, option: &Arg) -> &'static str {
        match self.matches.value_source(option.get_id().as_str()) {
            Some(ValueSource::CommandLine) => "flag",
            Some(ValueSource::EnvVariable) => "environment",
            _ if self.settings.iter().any(|setting| setting.is_of(option)) => "file",
            _ => "default",
        }
    }
}

/// The command line, with an environment variable for each option.
pub(crate) fn command() -> Command {
    Options::command().mut_args(|option| match option.get_long() {
        Some("check-config") | None => option,
        Some(name) => {
            let variable = format!("RIVULET_PROXY_{}", name.to_uppercase().replace('-', "_"));
            option.env(variable)
        }
    })
}

/// A value without what stands before the host of a URL: there may be a password.
fn shown(value: &str) -> String {
    match (value.split_once("://"), value.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://…@{host}"),
        _ => value.to_owned(),
    }
}

/// What the file may have.
fn settable(command: &Command) -> impl Iterator<Item = &Arg> {
    command.get_arguments().filter(|option| option.get_long().is_some_and(|name| !OF_THE_COMMAND_LINE.contains(&name)))
}

fn read_file(command: &Command, path: &Path) -> Result<Vec<Setting>, String> {
    let file = path.display();
    let text = fs::read_to_string(path).map_err(|error| format!("{file} cannot be read: {error}"))?;
    let table = DeTable::parse(&text).map_err(|error| format!("{file}: {error}"))?;
    let settings = table.get_ref().iter().map(|(key, value)| {
        let line = 1 + text[..key.span().start].matches('\n').count();
        setting(command, key.get_ref(), value).map_err(|message| format!("{file}, line {line}: {message}"))
    });
    settings.collect()
}

fn setting(command: &Command, name: &str, value: &Spanned<DeValue<'_>>) -> Result<Setting, String> {
    let option = settable(command)
        .find(|option| option.get_long() == Some(name))
        .ok_or_else(|| format!("there is no option {name}"))?;
    let is_switch = matches!(option.get_action(), ArgAction::SetTrue);
    let values = match value.get_ref() {
        DeValue::Boolean(value) if is_switch => vec![value.to_string()],
        _ if is_switch => return Err(format!("{name} is true or false")),
        DeValue::Array(values) if option.get_value_delimiter().is_some() => {
            values.iter().map(|value| text(name, value.get_ref())).collect::<Result<_, _>>()?
        }
        value => vec![text(name, value)?],
    };
    for value in values.iter().filter(|_| !is_switch) {
        check(option, name, value)?;
    }
    Ok(Setting { name: name.to_owned(), values })
}

fn text(name: &str, value: &DeValue<'_>) -> Result<String, String> {
    match value {
        DeValue::String(text) => Ok(text.to_string()),
        DeValue::Integer(number) if number.radix() == 10 => Ok(number.as_str().to_owned()),
        _ => Err(format!("{name} is a text or a whole number")),
    }
}

/// Fails as the flag would with this value.
fn check(option: &Arg, name: &str, value: &str) -> Result<(), String> {
    let alone = Command::new("").arg(option.clone().required(false));
    alone.try_get_matches_from(["", &format!("--{name}={value}")]).map(drop).map_err(|error| {
        let reason = std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
        format!("{name} cannot be {value:?}: {reason}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes of a file, in a folder that is unique to the test.
    fn read(name: &str, text: &str) -> Result<Configuration, String> {
        let path = std::env::temp_dir().join(format!("rivulet-{name}-{}.toml", std::process::id()));
        fs::write(&path, text).unwrap();
        let arguments = ["rivulet-proxy".into(), "--config".into(), path.clone().into_os_string()];
        let read = Configuration::read(arguments).map_err(|error| error.to_string());
        fs::remove_file(path).unwrap();
        read
    }

    #[test]
    fn every_option_has_a_flag_a_variable_and_a_key() {
        let command = command();
        for option in command.get_arguments() {
            let name = option.get_long().unwrap();
            assert!(option.get_help().is_some(), "{name}");
            if name != "check-config" {
                let variable = format!("RIVULET_PROXY_{}", name.replace('-', "_").to_uppercase());
                assert_eq!(option.get_env().unwrap(), variable.as_str());
            }
        }
        let configuration = read("every", "public-url = 'https://pay.example'").unwrap();
        let written = configuration.describe();
        for option in settable(&command).filter(|option| !option.get_default_values().is_empty()) {
            assert!(written.contains(&format!("{} = ", option.get_long().unwrap())), "{written}");
        }
        assert_eq!(read("again", &written).unwrap().describe(), written.replace("# default", "# file"));
    }

    #[test]
    fn a_file_has_texts_numbers_lists_and_switches() {
        let text = "public-url = \"https://pay.example\"\nrequests-per-minute = 7\nallow-private-hosts = true\n\
                    trusted-proxies = [\"10.0.0.0/8\", \"fd00::/8\"]\n";
        let options = read("kinds", text).unwrap().options;
        assert_eq!((options.requests_per_minute.get(), options.allow_private_hosts), (7, true));
        assert_eq!(options.trusted_proxies.len(), 2);
    }

    #[test]
    fn what_is_wrong_in_a_file_is_named_with_its_line() {
        let url = "public-url = 'https://pay.example'\n";
        for (line, expected) in [
            ("listne = 1", "line 3: there is no option listne"),
            ("config = 'a'", "line 3: there is no option config"),
            ("listen = 'here'", "line 3: listen cannot be \"here\": invalid socket address syntax"),
            ("listen = true", "line 3: listen is a text or a whole number"),
            ("listen = ['127.0.0.1:1']", "line 3: listen is a text or a whole number"),
            ("session-life = 0", "line 3: session-life cannot be \"0\""),
            ("session-life = 0x10", "line 3: session-life is a text"),
            ("trusted-proxies = ['10.0.0.0']", "line 3: trusted-proxies cannot be \"10.0.0.0\""),
            ("allow-private-hosts = 'yes'", "line 3: allow-private-hosts is true or false"),
            ("listen", "line 3"),
            ("[section]\na = 1", "line 3: there is no option section"),
        ] {
            let error = read("wrong", &format!("{url}\n{line}\n")).unwrap_err();
            assert!(error.contains(expected), "{line}: {error}");
        }
        assert!(read("empty", "").unwrap_err().contains("--public-url"));
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let arguments = ["rivulet-proxy", "--config", "/nowhere.toml"].map(OsString::from);
        assert!(Configuration::read(arguments).unwrap_err().to_string().contains("/nowhere.toml"));
    }

    #[test]
    fn a_password_is_not_printed() {
        let file = "public-url = 'https://pay.example'\nstore = 'redis://rivulet:sesame@store.example:6379/1'";
        let written = read("password", file).unwrap().describe();
        assert!(written.contains(r#"store = "redis://…@store.example:6379/1""#), "{written}");
        assert!(!written.contains("sesame"));
    }
}
