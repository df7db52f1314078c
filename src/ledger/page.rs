//! How the rooms above take part in a batch without the lane knowing them.

use crate::clock::Timestamp;
use crate::db::{Error, Session, Tx};
use crate::ids::{AccountId, EventId, MediumId, MoveId};
use crate::secrets::CodeHash;
use futures_util::future::BoxFuture;
use std::any::{Any, TypeId};
use std::collections::{BTreeSet, HashMap};

/// A room's own rows in a batch: loaded before deciding, stored before the commit.
pub trait Page: Default + Send + Sync + 'static {
    /// What a request names to have its rows loaded.
    type Key: Ord + Clone + Send + Sync + 'static;

    /// Starts a batch: forgets the last one. What changes only behind the gate may be kept while the gate stood.
    fn begin(&mut self, gate_moved: bool);

    /// Loads the rows of these keys in a few set-based statements.
    fn load<'a>(
        &'a mut self,
        session: &'a mut Session,
        keys: Vec<Self::Key>,
    ) -> BoxFuture<'a, Result<(), Error>>;

    /// What the loaded rows make a decision look at besides: the medium a parked matter is about, say.
    fn touches(&self, _touches: &mut Touches) {}

    /// Writes what was decided, set-based.
    fn store<'a>(&'a mut self, tx: &'a mut Tx, now: Timestamp) -> BoxFuture<'a, Result<(), Error>>;

    /// What was stored is committed: the place to count it, which an attempt that is made again is not.
    fn committed(&self) {}
}

/// What the requests of a batch look at.
#[derive(Default)]
pub struct Touches {
    pub(super) events: BTreeSet<EventId>,
    pub(super) codes: BTreeSet<CodeHash>,
    pub(super) media: BTreeSet<(EventId, MediumId)>,
    pub(super) wallets: BTreeSet<(EventId, AccountId)>,
    pub(super) moves: BTreeSet<(EventId, MoveId)>,
    pages: HashMap<TypeId, Box<dyn Keys>>,
}

impl Touches {
    /// The event and its rules.
    pub fn event(&mut self, event: EventId) {
        self.events.insert(event);
    }

    /// The medium behind a code, with its wallet and whoever holds that now.
    pub fn code(&mut self, hash: CodeHash) {
        self.codes.insert(hash);
    }

    /// A medium, with its wallet and whoever holds that now.
    pub fn medium(&mut self, event: EventId, medium: MediumId) {
        self.media.insert((event, medium));
    }

    /// A wallet, with whoever holds it now.
    pub fn wallet(&mut self, event: EventId, wallet: AccountId) {
        self.wallets.insert((event, wallet));
    }

    /// A lifecycle move, to see whether it was done before.
    pub fn lifecycle_move(&mut self, event: EventId, id: MoveId) {
        self.moves.insert((event, id));
    }

    /// Rows of a room above.
    pub fn page<P: Page>(&mut self, key: P::Key) {
        let keys =
            self.pages.entry(TypeId::of::<P>()).or_insert_with(|| Box::new(KeysOf::<P>(BTreeSet::new())));
        let keys: &mut dyn Any = keys.as_any();
        keys.downcast_mut::<KeysOf<P>>().expect("keys lie under their own type").0.insert(key);
    }
}

/// The pages of a lane, one of each type that ever took part.
#[derive(Default)]
pub struct Pages(HashMap<TypeId, Box<dyn AnyPage>>);

impl Pages {
    /// The page of a room, empty when nothing was loaded.
    pub fn get<P: Page>(&mut self) -> &mut P {
        let page = self.0.entry(TypeId::of::<P>()).or_insert_with(|| Box::new(P::default()));
        page.as_any().downcast_mut().expect("a page lies under its own type")
    }

    pub(super) fn begin(&mut self, gate_moved: bool) {
        for page in self.0.values_mut() {
            page.begin(gate_moved);
        }
    }

    /// Loads the pages of a batch; answers what their rows look at besides.
    pub(super) async fn load(&mut self, session: &mut Session, touches: Touches) -> Result<Touches, Error> {
        for keys in touches.pages.into_values() {
            keys.load(self, session).await?;
        }
        let mut more = Touches::default();
        self.0.values().for_each(|page| page.touches(&mut more));
        Ok(more)
    }

    pub(super) async fn store(&mut self, tx: &mut Tx, now: Timestamp) -> Result<(), Error> {
        for page in self.0.values_mut() {
            page.store(tx, now).await?;
        }
        Ok(())
    }

    pub(super) fn committed(&self) {
        self.0.values().for_each(|page| page.committed());
    }
}

trait AnyPage: Send + Sync {
    fn as_any(&mut self) -> &mut dyn Any;
    fn begin(&mut self, gate_moved: bool);
    fn touches(&self, touches: &mut Touches);
    fn store<'a>(&'a mut self, tx: &'a mut Tx, now: Timestamp) -> BoxFuture<'a, Result<(), Error>>;
    fn committed(&self);
}

impl<P: Page> AnyPage for P {
    fn as_any(&mut self) -> &mut dyn Any {
        self
    }

    fn begin(&mut self, gate_moved: bool) {
        Page::begin(self, gate_moved);
    }

    fn touches(&self, touches: &mut Touches) {
        Page::touches(self, touches);
    }

    fn store<'a>(&'a mut self, tx: &'a mut Tx, now: Timestamp) -> BoxFuture<'a, Result<(), Error>> {
        Page::store(self, tx, now)
    }

    fn committed(&self) {
        Page::committed(self);
    }
}

trait Keys: Send + Sync {
    fn as_any(&mut self) -> &mut dyn Any;
    fn load<'a>(
        self: Box<Self>,
        pages: &'a mut Pages,
        session: &'a mut Session,
    ) -> BoxFuture<'a, Result<(), Error>>;
}

struct KeysOf<P: Page>(BTreeSet<P::Key>);

impl<P: Page> Keys for KeysOf<P> {
    fn as_any(&mut self) -> &mut dyn Any {
        self
    }

    fn load<'a>(
        self: Box<Self>,
        pages: &'a mut Pages,
        session: &'a mut Session,
    ) -> BoxFuture<'a, Result<(), Error>> {
        pages.get::<P>().load(session, self.0.into_iter().collect())
    }
}
