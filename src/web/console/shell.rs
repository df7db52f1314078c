//! What stands around every page of the console: who is signed in, the festival, where one can go from here.
//!
//! A page's template extends `web/console/base.html` and has a field `shell`. A new page of the festival's row, or of the
//! installation's, is one line in [`FESTIVAL`] or [`HOUSE`]: it is shown to those whose role has its right.

use super::{notice, words};
use crate::events::Event;
use crate::operators::{Operator, Right};

/// Where a page belongs: which link of the navigation is the current one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Festivals,
    People,
    Log,
    Me,
    Today,
    Waiting,
    Payments,
    Books,
    Media,
    Batches,
    SetUp,
    /// None of them.
    Elsewhere,
}

/// A link of the navigation: what follows the festival's own address (or the console's), and the right it takes.
struct Sign {
    place: Place,
    label: &'static str,
    path: &'static str,
    right: Right,
}

/// The row of a festival.
const FESTIVAL: [Sign; 7] = [
    Sign { place: Place::Today, label: "Today", path: "", right: Right::LookUp },
    Sign { place: Place::Media, label: "Media", path: "/media", right: Right::LookUp },
    Sign { place: Place::Waiting, label: "Waiting", path: "/waiting", right: Right::SeeMoney },
    Sign { place: Place::Payments, label: "Payments", path: "/payments", right: Right::SeeMoney },
    Sign { place: Place::Books, label: "Books", path: "/books", right: Right::SeeMoney },
    Sign { place: Place::Batches, label: "Batches", path: "/batches", right: Right::LookUp },
    Sign { place: Place::SetUp, label: "Set-up", path: "/set-up", right: Right::ManageEvents },
];

/// The row of the installation.
const HOUSE: [Sign; 3] = [
    Sign { place: Place::Festivals, label: "Festivals", path: "", right: Right::LookUp },
    Sign { place: Place::People, label: "People", path: "/people", right: Right::ManageOperators },
    Sign { place: Place::Log, label: "Log", path: "/log", right: Right::SeeMoney },
];

/// What the navigation calls the page of an address, or the one above it. Nothing where it has no name there.
pub(super) fn label_of(address: &str) -> Option<&'static str> {
    let is_of = |path: &str, sign: &Sign| {
        !sign.path.is_empty()
            && path.strip_prefix(sign.path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let label =
        |signs: &[Sign], path: &str| signs.iter().find(|sign| is_of(path, sign)).map(|sign| sign.label);
    let path = address.strip_prefix("/console")?;
    let below_festival = || {
        let (slug, rest) = path.strip_prefix('/')?.split_at_checked(path.get(1..)?.find('/')?)?;
        (!slug.is_empty()).then_some(rest)
    };
    label(&HOUSE, path).or_else(|| label(&FESTIVAL, below_festival()?))
}

/// A link.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) label: String,
    pub(super) path: String,
    pub(super) is_current: bool,
}

impl Link {
    pub(super) fn new(label: impl Into<String>, path: impl Into<String>) -> Link {
        Link { label: label.into(), path: path.into(), is_current: false }
    }
}

/// The festival in the header.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) name: String,
    pub(super) path: String,
    pub(super) is_open: bool,
}

/// What stands around a page.
#[derive(Debug)]
pub(super) struct Shell {
    pub(super) email: String,
    pub(super) role: &'static str,
    pub(super) is_me: bool,
    pub(super) house: Vec<Link>,
    pub(super) head: Option<Head>,
    pub(super) row: Vec<Link>,
    /// The pages above this one, from the top, where it lies deep.
    pub(super) trail: Vec<Link>,
    /// What was just done, and where to look at it.
    pub(super) notice: Option<(String, Option<Link>)>,
}

impl Shell {
    pub(super) fn new(
        operator: &Operator,
        event: Option<&Event>,
        notice: Option<&str>,
        current: Place,
    ) -> Shell {
        let links = |signs: &[Sign], base: &str| {
            let seen = signs.iter().filter(|sign| operator.may(sign.right));
            let link = |sign: &Sign| Link {
                label: sign.label.to_owned(),
                path: format!("{base}{}", sign.path),
                is_current: sign.place == current,
            };
            seen.map(link).collect()
        };
        let path = event.map(festival_path);
        Shell {
            email: operator.email.to_string(),
            role: words::role(operator.role),
            is_me: current == Place::Me,
            house: links(&HOUSE, "/console"),
            row: path.as_deref().map_or_else(Vec::new, |path| links(&FESTIVAL, path)),
            head: event.zip(path).map(|(event, path)| Head {
                name: event.name.clone(),
                path,
                is_open: event.is_open(),
            }),
            trail: Vec::new(),
            notice: notice.map(notice::read),
        }
    }

    /// Adds a page above this one.
    pub(super) fn under(mut self, label: impl Into<String>, path: impl Into<String>) -> Shell {
        self.trail.push(Link::new(label, path));
        self
    }
}

/// Where a festival's pages begin.
pub(super) fn festival_path(event: &Event) -> String {
    format!("/console/{}", event.slug)
}
