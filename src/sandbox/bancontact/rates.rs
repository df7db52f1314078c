//! How often requests fail, per endpoint.

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;

/// A share per endpoint, in percent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[allow(missing_docs, reason = "each is an endpoint, named as in the room's essay")]
pub struct Rates {
    pub details: u8,
    pub search: u8,
    pub cancel: u8,
    pub key_set: u8,
}

/// New shares for some endpoints. In JSON a single number stands for all of them.
#[derive(Clone, Copy, Debug, Default)]
#[allow(missing_docs, reason = "each changes the field of the same name")]
pub struct RatesChange {
    pub details: Option<u8>,
    pub search: Option<u8>,
    pub cancel: Option<u8>,
    pub key_set: Option<u8>,
}

impl RatesChange {
    /// The same share everywhere.
    #[must_use]
    pub fn all(percent: u8) -> RatesChange {
        let all = Some(percent);
        RatesChange { details: all, search: all, cancel: all, key_set: all }
    }
}

impl<'de> Deserialize<'de> for RatesChange {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<RatesChange, D::Error> {
        deserializer.deserialize_any(NumberOrEndpoints)
    }
}

struct NumberOrEndpoints;

impl<'de> Visitor<'de> for NumberOrEndpoints {
    type Value = RatesChange;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number of percent, or an object of details, search, cancel and key_set")
    }

    fn visit_u64<E: serde::de::Error>(self, percent: u64) -> Result<RatesChange, E> {
        let percent = u8::try_from(percent).map_err(|_| E::custom("a percentage is 0 to 100"))?;
        Ok(RatesChange::all(percent))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<RatesChange, A::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Endpoints {
            details: Option<u8>,
            search: Option<u8>,
            cancel: Option<u8>,
            key_set: Option<u8>,
        }
        let Endpoints { details, search, cancel, key_set } =
            Endpoints::deserialize(MapAccessDeserializer::new(map))?;
        Ok(RatesChange { details, search, cancel, key_set })
    }
}

/// What a request asks for, as far as faults tell requests apart.
#[derive(Clone, Copy)]
pub(super) enum Endpoint {
    Details,
    Search,
    Cancel,
    KeySet,
}

impl Rates {
    pub(super) fn of(self, endpoint: Endpoint) -> u8 {
        match endpoint {
            Endpoint::Details => self.details,
            Endpoint::Search => self.search,
            Endpoint::Cancel => self.cancel,
            Endpoint::KeySet => self.key_set,
        }
    }

    pub(super) fn change(&mut self, change: Option<RatesChange>) {
        let RatesChange { details, search, cancel, key_set } = change.unwrap_or_default();
        self.details = details.unwrap_or(self.details);
        self.search = search.unwrap_or(self.search);
        self.cancel = cancel.unwrap_or(self.cancel);
        self.key_set = key_set.unwrap_or(self.key_set);
    }

    /// Each is 0 to 100.
    pub(super) fn is_share(self) -> bool {
        [self.details, self.search, self.cancel, self.key_set].iter().all(|percent| *percent <= 100)
    }
}
