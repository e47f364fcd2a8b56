//! How values that have no serde form of their own are written in seeds, bodies and records.

use open_payments::{Interval, Timestamp};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serializer};

/// A moment as milliseconds since 1970.
pub(crate) mod moment {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(moment: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(moment.millis())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        i64::deserialize(deserializer).map(Timestamp::from_millis)
    }
}

/// A moment that may be absent, as an RFC 3339 date-time.
pub(crate) mod date {
    use super::*;

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        text.map(|text| Timestamp::parse(&text, "date")).transpose().map_err(D::Error::custom)
    }
}

/// An interval that may be absent, as its ISO 8601 text.
pub(crate) mod interval {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(interval: &Option<Interval>, serializer: S) -> Result<S::Ok, S::Error> {
        match interval {
            Some(interval) => serializer.collect_str(interval),
            None => serializer.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Interval>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        text.map(|text| Interval::parse(&text)).transpose().map_err(D::Error::custom)
    }
}

/// A count of minor units as a string of digits, as Open Payments writes amounts.
pub(crate) mod digits {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(value: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        let text = String::deserialize(deserializer)?;
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        let value = text.parse().ok().filter(|_| digits);
        value.ok_or_else(|| D::Error::custom("a number of minor units is written as a string of digits"))
    }
}
