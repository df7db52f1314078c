//! What the top-up codes of an event say: Bancontact's own where the event has a profile there, and a link to our own
//! top-up page where it has none or a batch was printed with that address.

use super::pieces::PieceError;
use super::{Batch, Medium};
use crate::db::{Error, Session};
use crate::events::{self, Profile};
use crate::ids::EventId;
use crate::providers::bancontact::top_up_payload;
use crate::providers::{CodeError, ServiceUrl, TopUpCode};
use crate::secrets::KeyFile;

/// The end of the address of our own top-up page.
const OWN_PAGE: &str = "/t";

/// How the top-up codes of an event are made.
#[derive(Clone, Debug)]
pub struct TopUpCodes {
    profile: Option<Profile>,
}

impl TopUpCodes {
    /// Those of an event.
    ///
    /// # Errors
    /// The database's.
    pub async fn of(session: &mut Session, keys: &KeyFile, event: EventId) -> Result<TopUpCodes, Error> {
        let profile = events::store::profiles(session, keys, event).await?.into_iter().next();
        Ok(TopUpCodes { profile })
    }

    /// Whose code is printed; none where it is our own page's.
    #[must_use]
    pub fn profile(&self) -> Option<&Profile> {
        self.profile.as_ref()
    }

    /// What new codes start with, unless somebody says otherwise.
    #[must_use]
    pub fn address(&self, public_url: &ServiceUrl) -> ServiceUrl {
        match &self.profile {
            Some(profile) => profile.endpoints.pay.clone(),
            None => own_page(public_url),
        }
    }

    /// What the QR of a medium's top-up code holds, to the letter as it is printed.
    ///
    /// # Errors
    /// A payload the provider's rules don't allow; a batch that is not what was written.
    pub fn text(&self, batch: &Batch, medium: &Medium) -> Result<String, PieceError> {
        let pay_url = ServiceUrl::parse(&batch.pay_url)
            .map_err(|_| Error::Corrupt("a batch with an address that is none".to_owned()))?;
        let code = TopUpCode {
            reference: medium.reference.as_str(),
            description: Some(medium.description.as_str()).filter(|text| !text.is_empty()),
            amount: batch.amount,
            pay_url: None,
        };
        Ok(self.say(&pay_url, &code)?)
    }

    /// What a code says that starts with `pay_url`. A link to our page is in capitals (alphanumeric mode).
    pub(super) fn say(&self, pay_url: &ServiceUrl, code: &TopUpCode<'_>) -> Result<String, CodeError> {
        if is_own_page(pay_url.as_str()) {
            let length = pay_url.as_str().len();
            if length > ServiceUrl::BYTES_MAX {
                return Err(CodeError::TooLong { length, max: ServiceUrl::BYTES_MAX });
            }
            return Ok(format!("{}/{}", pay_url.as_str().to_ascii_uppercase(), code.reference));
        }
        let profile = self.profile.as_ref().ok_or(CodeError::NoProfile)?;
        top_up_payload(pay_url, &profile.profile_id, code)
    }
}

/// The address of our own top-up page.
#[must_use]
pub fn own_page(public_url: &ServiceUrl) -> ServiceUrl {
    public_url.under(OWN_PAGE)
}

/// True for the address of a top-up page of ours, wherever that is or was.
#[must_use]
pub fn is_own_page(address: &str) -> bool {
    address.ends_with(OWN_PAGE)
}
