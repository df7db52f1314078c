//! A form as it came: what was typed stays, and each mistake stands beside its field.
//!
//! Templates show it with the macros of `web/console/fields.html`. What a room refuses becomes a mistake of the field that
//! the refusal names ([`Form::refused`]), so that pages need no words of their own for it. Nothing is cut: what a field doesn't
//! take is refused beside it and stays whole, and a form that is longer than is read is not taken at all.

pub(super) use crate::web::page::sentence;

use super::OwnForm;
use crate::codes::without_pay_codes;
use crate::helpdesk::REASON_CHARS_MAX;
use crate::money::{Cents, grouped as in_thousands};
use crate::plural::grouped;
use crate::web::App;
use crate::web::page::{Sorry, WHOLE_EURO};
use crate::web::problem::Problem;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

/// How each line of the summary of mistakes begins: with a link to its field. No other link leads within a page.
const LINE: &str = "<a href=\"#";

/// Of a reason that was left out.
pub(super) const SAY_WHY: &str = "say why: it is written beside your name";

/// What was typed, and what is wrong with it.
#[derive(Clone, Debug, Default)]
pub(super) struct Form {
    typed: Vec<(String, String)>,
    /// By field; an empty name stands for the form as a whole.
    mistakes: Vec<(String, String)>,
}

impl Form {
    /// Begins with these values.
    pub(super) fn with<T: Into<String>>(values: impl IntoIterator<Item = (&'static str, T)>) -> Form {
        let typed = values.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
        Form { typed, mistakes: Vec::new() }
    }

    /// What stands in an address.
    pub(super) fn of(typed: Vec<(String, String)>) -> Form {
        Form { typed, mistakes: Vec::new() }
    }

    /// The same with something else in a field.
    pub(super) fn instead(self, name: &str, text: impl Into<String>) -> Form {
        let mut form = self.without(name);
        form.typed.push((name.to_owned(), text.into()));
        form
    }

    /// The same without what was typed into a field.
    pub(super) fn without(mut self, name: &str) -> Form {
        self.typed.retain(|(known, _)| known != name);
        self
    }

    /// What was typed into a field, without spaces around it.
    pub(super) fn text(&self, name: &str) -> &str {
        self.typed.iter().find(|(known, _)| known == name).map_or("", |(_, text)| text.trim())
    }

    /// What a page writes into a field again: what was typed, but for a pay code, which stands in no page.
    pub(super) fn shown(&self, name: &str) -> String {
        without_pay_codes(self.text(name))
    }

    /// Whether a field is still to be filled in, or filled in anew.
    pub(super) fn awaits(&self, name: &str) -> bool {
        self.mistake(name).is_some() || self.shown(name).is_empty()
    }

    /// A password as it was typed, spaces and all. Passwords are never shown again.
    pub(super) fn secret(&self, name: &str) -> &str {
        self.typed.iter().find(|(known, _)| known == name).map_or("", |(_, text)| text.as_str())
    }

    /// The same, none when it was left empty.
    pub(super) fn optional(&self, name: &str) -> Option<String> {
        Some(self.text(name)).filter(|text| !text.is_empty()).map(str::to_owned)
    }

    /// What is wrong with a field; of the form as a whole under the empty name.
    pub(super) fn mistake(&self, name: &str) -> Option<&str> {
        self.mistakes.iter().find(|(known, _)| known == name).map(|(_, why)| why.as_str())
    }

    /// All that is wrong, field by field in the order of the form; the form as a whole has an empty name and comes first.
    pub(super) fn mistakes(&self) -> Vec<(&str, &str)> {
        let mut all: Vec<(&str, &str)> =
            self.mistakes.iter().map(|(name, why)| (name.as_str(), why.as_str())).collect();
        let place = |name: &str| self.typed.iter().position(|(known, _)| known == name).unwrap_or(usize::MAX);
        all.sort_by_key(|(name, _)| (!name.is_empty()).then(|| place(name)));
        all
    }

    /// Says what is wrong with a field.
    pub(super) fn wrong(&mut self, name: &str, why: impl Display) {
        self.mistakes.push((name.to_owned(), sentence(&why.to_string())));
    }

    /// True while nothing is known to be wrong.
    pub(super) fn is_right(&self) -> bool {
        self.mistakes.is_empty()
    }

    /// What a page that shows it is answered with: 422 when something is wrong with it.
    pub(super) fn status(&self) -> StatusCode {
        if self.is_right() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY }
    }

    /// A field read as `T`; otherwise its mistake is noted.
    pub(super) fn read<T: FromStr<Err: Display>>(&mut self, name: &str) -> Option<T> {
        match self.text(name).parse() {
            Ok(value) => Some(value),
            Err(why) => {
                if self.needs(name) {
                    self.wrong(name, why);
                }
                None
            }
        }
    }

    /// Whether something was typed into a field; otherwise its mistake is noted.
    pub(super) fn needs(&mut self, name: &str) -> bool {
        let is_empty = self.text(name).is_empty();
        if is_empty {
            self.wrong(name, "this is needed");
        }
        !is_empty
    }

    /// The same of a field that may be left empty.
    pub(super) fn read_optional<T: FromStr<Err: Display>>(&mut self, name: &str) -> Option<T> {
        if self.text(name).is_empty() { None } else { self.read(name) }
    }

    /// A whole number in these bounds that may be left empty, also with signs between its thousands.
    pub(super) fn number(&mut self, name: &str, bounds: RangeInclusive<i64>) -> Option<i64> {
        let text = self.text(name);
        let digits = in_thousands(text).map(|(digits, _)| digits);
        match digits.as_deref().unwrap_or(text).parse() {
            _ if text.is_empty() => None,
            Ok(number) if bounds.contains(&number) => Some(number),
            _ => {
                let (least, most) = (grouped(bounds.start()), grouped(bounds.end()));
                self.wrong(name, format!("a whole number from {least} to {most}"));
                None
            }
        }
    }

    /// Refuses a field that is longer than this; what was typed stays whole.
    pub(super) fn check_length(&mut self, name: &str, chars_max: usize) {
        let chars = self.text(name).chars().count();
        if chars > chars_max {
            let (most, chars) = (grouped(chars_max), grouped(chars));
            self.wrong(name, format!("{most} characters at most: these are {chars}"));
        }
    }

    /// Why something is done, which has to be said. Its field has no bound of its own: a browser would cut what is pasted,
    /// and say nothing.
    pub(super) fn reason(&mut self) -> Option<String> {
        self.check_length("reason", REASON_CHARS_MAX);
        let reason = self.optional("reason");
        if reason.is_none() {
            self.wrong("reason", SAY_WHY);
        }
        reason.filter(|_| self.mistake("reason").is_none())
    }

    /// An amount in euros that may be left empty.
    pub(super) fn amount(&mut self, name: &str) -> Option<Cents> {
        self.read_optional(name)
    }

    /// Where the field of this name is called otherwise on a page, its mistakes stand beside that one.
    pub(super) fn beside(&mut self, name: &str, field: &str) {
        for (known, _) in self.mistakes.iter_mut().filter(|(known, _)| known == name) {
            field.clone_into(known);
        }
    }

    /// A refusal as a mistake: of the field it names, or of `field`. Anything that is not about what was typed is
    /// handed back.
    pub(super) fn refused(&mut self, why: impl Into<Problem>, field: &str) -> Result<(), Sorry> {
        let problem: Problem = why.into();
        if !problem.status().is_client_error() {
            return Err(Sorry(problem));
        }
        let body = problem.to_json();
        let detail = body["detail"].as_str().unwrap_or_default();
        let named = body["field"].as_str();
        let detail = named.and_then(|name| detail.strip_prefix(name)?.strip_prefix(": ")).unwrap_or(detail);
        let name = named.map_or(field, |name| name.strip_suffix("_cents").unwrap_or(name));
        if self.mistake(name).is_none() {
            self.wrong(name, detail);
        }
        Ok(())
    }
}

/// A page whose summary of mistakes calls each field as the page does: by the label that stands beside the field, where the
/// mistake doesn't begin with it.
pub(super) fn with_labels(html: &str) -> String {
    let labelled = |line: &str| {
        let (name, mistake) = line.split_once("\">")?;
        let label = html.split_once(&format!("<label for=\"{name}\">"))?.1.split_once("</label>")?.0;
        (!mistake.starts_with(label)).then(|| format!("{name}\">{label}: {mistake}"))
    };
    let mut lines = html.split(LINE);
    let above = lines.next().unwrap_or_default().to_owned();
    lines.fold(above, |page, line| page + LINE + labelled(line).as_deref().unwrap_or(line))
}

/// An amount as it is typed: `1250,00`.
pub(super) fn euros(amount: Cents) -> String {
    amount.typed()
}

impl FromRequest<App> for Form {
    type Rejection = Sorry;

    async fn from_request(request: Request, app: &App) -> Result<Form, Sorry> {
        let OwnForm(mut typed) = OwnForm::<Vec<(String, String)>>::from_request(request, app).await?;
        for (_, text) in &mut typed {
            // As it was typed, before a page kept the figure at its sign.
            *text = text.replace(WHOLE_EURO, "€ ");
        }
        Ok(Form { typed, mistakes: Vec::new() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_stays_and_a_mistake_stands_beside_its_field() {
        let mut form = Form::with([("price", " 12,505 "), ("count", "")]);
        assert_eq!(form.amount("price"), None);
        assert_eq!(form.read::<Cents>("count"), None);
        assert_eq!(form.text("price"), "12,505");
        assert!(form.mistake("price").unwrap().contains("not an amount in euros"));
        assert_eq!(form.mistake("count"), Some("This is needed."));
        assert_eq!((form.read_optional::<Cents>("count"), form.is_right()), (None, false));
    }

    #[test]
    fn a_field_is_called_in_the_summary_as_it_is_beside_itself() {
        let fields = "<label for=\"name\">What it is for</label><label for=\"to\">The new one</label>";
        let page = |lines: &str| format!("<ul>{lines}</ul>{fields}");
        let said = with_labels(&page(
            "<li><a href=\"#name\">This is needed.</a></li><li><a href=\"#to\">The new one is lost.</a></li>\
             <li><a href=\"#sure\">Say so.</a></li>",
        ));
        let labelled = page(
            "<li><a href=\"#name\">What it is for: This is needed.</a></li>\
             <li><a href=\"#to\">The new one is lost.</a></li><li><a href=\"#sure\">Say so.</a></li>",
        );
        assert_eq!((said, with_labels(&page(""))), (labelled, page("")));
    }

    #[test]
    fn a_number_that_is_none_or_out_of_bounds_is_named_with_its_bounds() {
        for wrong in ["abc", "0", "12.5", "-1", "99999999999999999999", "301"] {
            let mut form = Form::with([("count", wrong)]);
            assert_eq!(form.number("count", 1..=300), None);
            assert_eq!(form.mistake("count"), Some("A whole number from 1 to 300."), "{wrong}");
        }
        let mut form = Form::with([("count", " 300 "), ("none", "")]);
        assert_eq!((form.number("count", 1..=300), form.number("none", 1..=300)), (Some(300), None));
        assert!(form.is_right());
        for (typed, read) in
            [("200.000", Some(200_000)), ("200,000", Some(200_000)), ("1.5", None), ("20.00", None)]
        {
            let mut form = Form::with([("count", typed)]);
            assert_eq!(form.number("count", 1..=200_000), read, "{typed}");
            assert_eq!(form.mistake("count").is_none(), read.is_some(), "{typed}");
        }
        let mut form = Form::with([("count", "200.001")]);
        form.number("count", 1..=200_000);
        assert_eq!(form.mistake("count"), Some("A whole number from 1 to 200.000."));
    }

    #[test]
    fn mistakes_are_told_in_the_order_of_the_form() {
        let mut form = Form::with([("name", ""), ("charge_min", "0"), ("charge_max", "")]);
        for name in ["charge_max", "elsewhere", "name", "charge_min", ""] {
            form.wrong(name, "wrong");
        }
        let names: Vec<&str> = form.mistakes().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["", "name", "charge_min", "charge_max", "elsewhere"]);
    }

    #[test]
    fn what_is_too_long_is_refused_and_kept_whole() {
        let long = "é".repeat(501);
        let mut form = Form::with([("reason", long.as_str())]);
        assert_eq!((form.reason(), form.text("reason")), (None, long.as_str()));
        assert_eq!(form.mistakes(), [("reason", "500 characters at most: these are 501.")]);
        assert_eq!(Form::with([("reason", &long[2..])]).reason().as_deref(), Some(&long[2..]));
        assert_eq!(Form::default().reason(), None);
    }

    #[test]
    fn a_refusal_goes_to_the_field_it_names_and_a_fault_of_ours_is_handed_back() {
        let mut form = Form::default();
        form.refused(Problem::invalid("amount_cents", "too much"), "name").unwrap();
        form.refused(Problem::new(StatusCode::CONFLICT, "name-taken", "it is taken"), "name").unwrap();
        assert_eq!((form.mistake("amount"), form.mistake("name")), (Some("Too much."), Some("It is taken.")));
        assert!(form.refused(Problem::unavailable("disk"), "name").is_err());
    }
}
