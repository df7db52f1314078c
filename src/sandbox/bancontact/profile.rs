//! Merchant profiles: who gets paid, with which key, and where the callbacks go.

use crate::sandbox::SandboxError;
use crate::sandbox::bancontact::Bancontact;
use crate::sandbox::bancontact::payment::draw_id;
use crate::sandbox::bancontact::state::Record;
use rand::Rng;
use serde::{Deserialize, Serialize};
use std::fmt;
use url::{Host, Url};

/// Most profiles a sandbox keeps.
const PROFILES_MAX: usize = 1_000;
const URL_CHARS_MAX: usize = 2048;
const KEY_CHARS_MAX: usize = 128;
const NAME_CHARS_MAX: usize = 70;

/// A profile to register.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewProfile {
    /// The PPID; real ones have 24 lowercase hex digits. 1 to 64 ASCII letters and digits are taken.
    pub profile_id: String,
    /// Where callbacks go: https, or http on a loopback address. Signed as it stands, so it must equal what the receiver expects.
    pub callback_url: String,
    /// The key for details and search; drawn when left out.
    pub api_key: Option<String>,
    /// Shown to payers and in details.
    pub merchant_name: Option<String>,
}

/// A registered profile.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Profile {
    pub(super) profile_id: String,
    pub(super) callback_url: String,
    pub(super) api_key: String,
    pub(super) merchant_id: String,
    pub(super) merchant_name: String,
}

/// A profile as it is listed.
#[derive(Clone, Debug, Serialize)]
pub(in crate::sandbox) struct ProfileView {
    pub(in crate::sandbox) profile_id: String,
    pub(in crate::sandbox) callback_url: String,
    pub(in crate::sandbox) merchant_name: String,
}

impl From<&Profile> for ProfileView {
    fn from(profile: &Profile) -> ProfileView {
        ProfileView {
            profile_id: profile.profile_id.clone(),
            callback_url: profile.callback_url.clone(),
            merchant_name: profile.merchant_name.clone(),
        }
    }
}

/// Without the key.
impl fmt::Debug for NewProfile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewProfile")
            .field("profile_id", &self.profile_id)
            .field("callback_url", &self.callback_url)
            .finish_non_exhaustive()
    }
}

impl Bancontact {
    /// Registers or changes a profile; answers its API key.
    pub(in crate::sandbox) fn register(&self, new: NewProfile) -> Result<String, SandboxError> {
        check(&new).map_err(SandboxError::BadProfile)?;
        let mut state = self.state();
        let earlier = state.profiles.get(&new.profile_id).cloned();
        if earlier.is_none() && state.profiles.len() >= PROFILES_MAX {
            return Err(SandboxError::BadProfile(format!("{PROFILES_MAX} profiles are registered already")));
        }
        let api_key = match (new.api_key, &earlier) {
            (Some(key), _) => key,
            (None, Some(earlier)) => earlier.api_key.clone(),
            (None, None) => draw_key(&mut state.random),
        };
        if state.profile_of_key(&api_key).is_some_and(|owner| owner.profile_id != new.profile_id) {
            return Err(SandboxError::BadProfile("api_key belongs to another profile".to_owned()));
        }
        let merchant_id = match &earlier {
            Some(earlier) => earlier.merchant_id.clone(),
            None => draw_id(&mut state.random),
        };
        let merchant_name = new
            .merchant_name
            .or(earlier.map(|earlier| earlier.merchant_name))
            .unwrap_or_else(|| "Sandbox merchant".to_owned());
        let profile = Profile {
            profile_id: new.profile_id,
            callback_url: new.callback_url,
            api_key: api_key.clone(),
            merchant_id,
            merchant_name,
        };
        state.record(Record::Profile(profile))?;
        Ok(api_key)
    }
}

fn check(new: &NewProfile) -> Result<(), String> {
    let id = &new.profile_id;
    if !(1..=64).contains(&id.len()) || !id.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Err(
            "profile_id takes 1 to 64 letters and digits; real ones have 24 lowercase hex digits".to_owned()
        );
    }
    check_callback_url(&new.callback_url)?;
    if let Some(key) = &new.api_key
        && (!(1..=KEY_CHARS_MAX).contains(&key.len()) || !key.bytes().all(|b| b.is_ascii_graphic()))
    {
        return Err(format!("api_key takes 1 to {KEY_CHARS_MAX} visible ASCII characters"));
    }
    if let Some(name) = &new.merchant_name
        && !(1..=NAME_CHARS_MAX).contains(&name.chars().count())
    {
        return Err(format!("merchant_name takes 1 to {NAME_CHARS_MAX} characters"));
    }
    Ok(())
}

fn check_callback_url(text: &str) -> Result<(), String> {
    let url = Url::parse(text).map_err(|_| "callback_url is not a URL".to_owned())?;
    if text.len() > URL_CHARS_MAX {
        return Err(format!("callback_url has more than {URL_CHARS_MAX} characters"));
    }
    let loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    match url.scheme() {
        "https" => Ok(()),
        "http" if loopback => Ok(()),
        _ => Err("callback_url takes https, or http on a loopback address".to_owned()),
    }
}

/// 36 characters in the shape of a UUID, as real keys are reported to be.
fn draw_key(random: &mut impl Rng) -> String {
    let bits = (u128::from(random.next_u64()) << 64) | u128::from(random.next_u64());
    uuid::Builder::from_random_bytes(bits.to_be_bytes()).into_uuid().to_string()
}
