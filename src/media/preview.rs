//! A batch before it exists: what its codes would be on every layout, so that nobody issues ten thousand wristbands that
//! don't fit their stock.

use super::issue::{IssueError, NewBatch, amount, template};
use super::pieces::pay_text;
use super::print_shop::artwork;
use super::{TopUpCodes, is_own_page, own_page};
use crate::codes::{PayCode, Reference, Serial};
use crate::db::Store;
use crate::events::Event;
use crate::print::{self, Language, Layout, Level, Listing, Longest, Options, SheetText};
use crate::providers::{ServiceUrl, TopUpCode};
use crate::secrets::KeyFile;

/// The texts of one piece as they would be printed, and what stands around them.
struct Sample {
    text: SheetText,
    qr_text: String,
    pay_qr_text: String,
}

/// Every layout with what the codes of `new` would be on it, for a printer of `dpi`. Nothing is issued.
///
/// # Errors
/// What can't be issued; whatever does not fit a layout is said of that layout.
pub async fn preview<'l>(
    store: &Store,
    keys: &KeyFile,
    event: &Event,
    new: &NewBatch,
    layouts: &'l [Layout],
    dpi: Option<u32>,
) -> Result<Vec<Listing<'l>>, IssueError> {
    check_address(new)?;
    let Sample { text, qr_text, pay_qr_text } = sample(store, keys, event, new).await?;
    let options = Options { dpi, level: new.options.level.unwrap_or(Level::M), ..Options::default() };
    print::check_options(&options)?;
    let longest = Longest { qr_text: &qr_text, pay_qr_text: &pay_qr_text };
    Ok(print::list(layouts, &text, &longest, &options))
}

/// Refuses what could not be printed on anything.
pub(super) async fn check(
    store: &Store,
    keys: &KeyFile,
    event: &Event,
    new: &NewBatch,
) -> Result<(), IssueError> {
    check_address(new)?;
    if is_own_page(new.pay_url.as_str())
        && new.options.amount.is_some_and(|own| Some(own) != event.rules.amount)
    {
        let why = "our top-up page takes the festival's own amount, whatever a batch says".to_owned();
        return Err(IssueError::Option { field: "amount", why });
    }
    let Sample { text, .. } = sample(store, keys, event, new).await?;
    Ok(print::check_text(&text)?)
}

/// Refuses an address that no page of ours is at: its codes would lead nowhere.
fn check_address(new: &NewBatch) -> Result<(), IssueError> {
    let here = own_page(&new.public_url);
    if new.pay_url == here {
        return Ok(());
    }
    let is_ours = without_scheme(&new.pay_url)
        .strip_prefix(without_scheme(&new.public_url))
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let why = match &new.pay_url {
        address if is_own_page(address.as_str()) => {
            format!("an address that ends in /t is our own top-up page, and that is at {here}")
        }
        address if is_ours => {
            format!(
                "no code that begins with {address} leads to a page of this service: its top-up page is at {here}"
            )
        }
        _ => return Ok(()),
    };
    Err(IssueError::Option { field: "pay_url", why })
}

fn without_scheme(address: &ServiceUrl) -> &str {
    let text = address.as_str();
    text.split_once("://").map_or(text, |(_, rest)| rest)
}

/// Makes one code as they will be printed: an address may be so long that no scanner of ours would read the whole.
async fn sample(store: &Store, keys: &KeyFile, event: &Event, new: &NewBatch) -> Result<Sample, IssueError> {
    let (reference, serial) = (Reference::draw(&mut rand::rng()), Serial::draw(&mut rand::rng()));
    let description = template(event, &new.options)?.replace("{serial}", serial.as_str());
    let code = TopUpCode {
        reference: reference.as_str(),
        description: Some(description.as_str()).filter(|text| !text.is_empty()),
        amount: amount(event, &new.options)?,
        pay_url: None,
    };
    let codes = TopUpCodes::of(&mut *store.read().await?, keys, event.id).await?;
    let qr_text = codes.say(&new.pay_url, &code)?;
    let wallet_url = (!new.public_url.is_plain_http()).then(|| new.public_url.as_str());
    let language = new.options.language.unwrap_or(Language::Dutch);
    let text = artwork(store, event.id).await?.sheet_text(event, language, code.amount)?;
    Ok(Sample { text, qr_text, pay_qr_text: pay_text(wallet_url, &PayCode::from_bits([0; 10])) })
}
