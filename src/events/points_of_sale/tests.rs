//! Bars that are renamed, retired and opened again, and what stands in the way of it.

use super::*;
use crate::audit_log::store::page;
use crate::db::testing::on_both_engines;
use crate::events::close;
use crate::events::products::{self, NewProduct, sold_in};
use crate::ledger::test_festival::{Festival, actor};
use crate::money::Cents;
use crate::terminals;
use futures_util::future::join;

impl Festival {
    async fn renames(&self, id: PointOfSaleId, name: &str) -> Result<PointOfSale, EventError> {
        rename_point_of_sale(&self.store, &actor(), self.clock.now(), &self.event, (id, name)).await
    }

    async fn retires(&self, id: PointOfSaleId) -> Result<PointOfSale, EventError> {
        retire_point_of_sale(&self.store, &actor(), self.clock.now(), &self.event, (id, None)).await
    }

    async fn reopens(&self, id: PointOfSaleId) -> Result<PointOfSale, EventError> {
        let why = Some("it rains no more");
        reopen_point_of_sale(&self.store, &actor(), self.clock.now(), &self.event, (id, why)).await
    }

    async fn adds_terminal(&self, bar: &str) -> Result<terminals::Added, terminals::AddError> {
        terminals::add(&self.store, &self.keys, &actor(), self.clock.now(), &self.event, bar).await
    }

    async fn offers(&self, name: &str, at: Option<&str>) -> Result<products::Product, EventError> {
        let (price, point_of_sale) = (Cents(350), at.map(str::to_owned));
        let new = NewProduct { name: name.to_owned(), price, point_of_sale, position: None, colour: None };
        products::add(&self.store, &actor(), self.clock.now(), &self.event, &new).await
    }

    /// The newest entry: what was done, to what, and its detail.
    async fn last_told(&self) -> (String, String, Option<String>) {
        let mut session = self.store.read().await.unwrap();
        let entry = page(&mut session, None, None, 1).await.unwrap().remove(0);
        (entry.action, entry.subject, entry.detail)
    }
}

#[tokio::test]
async fn a_bar_is_renamed_to_a_name_that_is_free_and_its_vendor_keeps_theirs() {
    on_both_engines(async |store| {
        let festival = Festival::open(store).await;
        let bar = &festival.bar;
        let renamed = festival.renames(bar.id, " Main bar ").await.unwrap();
        assert_eq!(renamed, PointOfSale { name: "Main bar".to_owned(), ..bar.clone() });
        let mut session = festival.store.read().await.unwrap();
        let read = store::point_of_sale(&mut session, bar.event_id, bar.id).await.unwrap();
        assert_eq!(read.as_ref(), Some(&renamed));
        drop(session);
        let told = ("point of sale renamed".to_owned(), "Main bar".to_owned(), Some("was Bar 1".to_owned()));
        assert_eq!(festival.last_told().await, told);
        // The same name again changes nothing.
        assert_eq!(festival.renames(bar.id, "Main bar").await.unwrap(), renamed);
        let new = NewPointOfSale { name: "Bar 1".to_owned(), vendor: None };
        let now = festival.clock.now();
        let next = add_point_of_sale(&festival.store, &actor(), now, &festival.event, &new).await.unwrap();
        let taken = festival.renames(next.id, "Main bar").await;
        assert!(matches!(taken, Err(EventError::PointOfSaleTaken(name)) if name == "Main bar"));
        for wrong in ["", "\u{200b}", "a\nb", &"x".repeat(61)] {
            let refused = festival.renames(next.id, wrong).await;
            assert!(matches!(refused, Err(EventError::Invalid { field: "name", .. })), "{wrong:?}");
        }
        let raced = join(festival.renames(bar.id, "Bar 3"), festival.renames(next.id, "Bar 3")).await;
        assert!(
            matches!(
                raced,
                (Ok(_), Err(EventError::PointOfSaleTaken(_))) | (Err(EventError::PointOfSaleTaken(_)), Ok(_))
            ),
            "{raced:?}"
        );
        let elsewhere = festival.beside().await;
        let foreign = elsewhere.renames(next.id, "Bar 2").await;
        assert!(matches!(foreign, Err(EventError::UnknownPointOfSale(_))));
    })
    .await;
}

#[tokio::test]
async fn a_bar_is_retired_once_its_terminals_are_revoked_and_nothing_new_stands_there() {
    on_both_engines(async |store| {
        let festival = Festival::open(store).await;
        let id = festival.bar.id;
        let added = festival.adds_terminal("Bar 1").await.unwrap();
        festival.offers("Pils", Some("Bar 1")).await.unwrap();
        festival.offers("Water", None).await.unwrap();
        let refused = festival.retires(id).await.unwrap_err().to_string();
        assert!(refused.contains(&added.terminal_id.to_string()), "{refused}");
        let now = festival.clock.now();
        terminals::revoke(&festival.store, &actor(), now, added.terminal_id, None).await.unwrap();
        let retired = festival.retires(id).await.unwrap();
        assert_eq!(retired.retired_at, Some(now));
        let off = Some("1 product went off sale".to_owned());
        let told = ("point of sale retired".to_owned(), "Bar 1".to_owned(), off);
        assert_eq!(festival.last_told().await, told);
        assert_eq!(festival.retires(id).await.unwrap(), retired, "once");
        let mut session = festival.store.read().await.unwrap();
        let sold = sold_in(&mut session, festival.event.id).await.unwrap();
        assert_eq!(sold.iter().map(|product| product.name.as_str()).collect::<Vec<_>>(), ["Water"]);
        let listed = store::points_of_sale(&mut session, festival.event.id, "", 10).await.unwrap();
        assert_eq!(listed, std::slice::from_ref(&retired), "it stays in the books");
        drop(session);
        let added = festival.adds_terminal("Bar 1").await;
        assert!(matches!(added, Err(terminals::AddError::PointOfSaleRetired(name)) if name == "Bar 1"));
        let sold = festival.offers("Pils", Some("Bar 1")).await;
        assert!(matches!(sold, Err(EventError::Invalid { field: "point_of_sale", .. })));
        let unknown = festival.retires(PointOfSaleId::new()).await;
        assert!(matches!(unknown, Err(EventError::UnknownPointOfSale(_))));
        let again = NewPointOfSale { name: "Bar 1".to_owned(), vendor: None };
        let kept = add_point_of_sale(&festival.store, &actor(), now, &festival.event, &again).await;
        assert!(matches!(kept, Err(EventError::PointOfSaleNameKept(name)) if name == "Bar 1"));
        let (now, slug, open) = (festival.clock.now(), festival.event.slug.as_str(), festival.event.clone());
        let closed =
            Festival { event: close(&festival.store, &actor(), now, slug).await.unwrap(), ..festival };
        assert!(matches!(closed.retires(id).await, Err(EventError::Closed(_))));
        assert!(matches!(closed.renames(id, "Bar 2").await, Err(EventError::Closed(_))));
        assert!(matches!(closed.reopens(id).await, Err(EventError::Closed(_))));
        let read_before = Festival { event: open, ..closed };
        assert!(matches!(read_before.renames(id, "Bar 2").await, Err(EventError::Closed(_))));
    })
    .await;
}

#[tokio::test]
async fn a_retired_bar_is_opened_again_and_what_went_off_sale_stays_off_sale() {
    on_both_engines(async |store| {
        let festival = Festival::open(store).await;
        let bar = &festival.bar;
        festival.offers("Pils", Some("Bar 1")).await.unwrap();
        assert_eq!(&festival.reopens(bar.id).await.unwrap(), bar, "it is open");
        assert_eq!(festival.last_told().await.0, "product added", "nothing was done");
        festival.retires(bar.id).await.unwrap();
        assert_eq!(&festival.reopens(bar.id).await.unwrap(), bar);
        let mut session = festival.store.read().await.unwrap();
        let entry = page(&mut session, None, None, 1).await.unwrap().remove(0);
        let told = (entry.action.as_str(), entry.subject.as_str(), entry.reason.as_deref());
        assert_eq!(told, ("point of sale reopened", "Bar 1", Some("it rains no more")));
        assert!(sold_in(&mut session, festival.event.id).await.unwrap().is_empty());
        drop(session);
        festival.adds_terminal("Bar 1").await.unwrap();
        festival.offers("Pils", Some("Bar 1")).await.unwrap();
        let unknown = festival.reopens(PointOfSaleId::new()).await;
        assert!(matches!(unknown, Err(EventError::UnknownPointOfSale(_))));
    })
    .await;
}

#[tokio::test]
async fn bars_vendors_and_products_are_found_by_their_names_in_any_case_of_any_letter() {
    on_both_engines(async |store| {
        let festival = Festival::open(store).await;
        for name in ["Café Één", "Cafè Één", "Bar_1%"] {
            let new = NewPointOfSale { name: name.to_owned(), vendor: Some("Jérôme & Zoë".to_owned()) };
            let now = festival.clock.now();
            add_point_of_sale(&festival.store, &actor(), now, &festival.event, &new).await.unwrap();
        }
        festival.offers("Crème brûlée", None).await.unwrap();
        let mut session = festival.store.read().await.unwrap();
        for (typed, found) in [
            ("CAFÉ ÉÉN", Some("Café Één")),
            ("café één", Some("Café Één")),
            ("CAFÈ ÉÉN", Some("Cafè Één")),
            ("CAFE EEN", None),
            ("JÉRÔME & ZOË", Some("Jérôme & Zoë")),
            ("CRÈME BRÛLÉE", Some("Crème brûlée")),
            ("bar_1%", Some("Bar_1%")),
            ("BAR 1", Some("Bar 1")),
            ("____ ___", None),
            ("%", None),
            ("", None),
        ] {
            let named = store::named_in_any_case(&mut session, typed).await.unwrap();
            let named: Vec<&str> = named.iter().map(String::as_str).collect();
            assert_eq!(named, Vec::from_iter(found), "{typed}");
        }
        let events = store::with_bar_named(&mut session, &["nowhere", "CAFÉ ÉÉN"]).await.unwrap();
        assert_eq!(events.into_iter().collect::<Vec<_>>(), [festival.event.id]);
        let events = store::with_bar_named(&mut session, &["CAFE EEN", "____ ___"]).await.unwrap();
        assert!(events.is_empty(), "{events:?}");
    })
    .await;
}

#[tokio::test]
async fn a_bar_that_is_retired_while_a_terminal_is_added_has_none() {
    on_both_engines(async |store| {
        let festival = Festival::open(store).await;
        for number in 0..8 {
            let new = NewPointOfSale { name: format!("Stand {number}"), vendor: None };
            let now = festival.clock.now();
            let bar = add_point_of_sale(&festival.store, &actor(), now, &festival.event, &new).await.unwrap();
            let (added, retired) = join(festival.adds_terminal(&bar.name), festival.retires(bar.id)).await;
            assert_ne!(added.is_ok(), retired.is_ok(), "one of the two comes first");
        }
    })
    .await;
}
