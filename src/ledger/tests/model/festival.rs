//! The festival that is compared with the model: the same asks, put to two processes on one database.

use super::asks::{Answer, Ask, BARS, CHARGES, Charge, HouseRules, MOVES, Step};
use crate::events::{self, Activation, EventError, OverBalance, Rules};
use crate::helpdesk::{self, BadSuccessor};
use crate::ids::{ChargeId, MoveId, ParkedId};
use crate::media::LifecycleMove;
use crate::money::Cents;
use crate::payments::parked::store::ParkedView;
use crate::payments::parked::{Resolution, Resolve, Resolved};
use crate::payments::tests::world::{Bar, World, actor};
use crate::payments::{Outcome, Settle};
use crate::providers::{PaymentReport, Source, Verified};
use crate::terminals::{self, ChargeStatus, Charged, Refusal};
use futures_util::future::join_all;
use std::collections::BTreeMap;
use std::sync::Arc;

#[derive(Clone)]
pub(super) struct Festival {
    /// One event, seen by two processes.
    pub(super) worlds: [World; 2],
    bars: Vec<Bar>,
    charges: Arc<[ChargeId]>,
    moves: Arc<[MoveId]>,
    /// The matters that were ever listed, by their payment.
    matters: BTreeMap<u8, ParkedId>,
}

impl Festival {
    pub(super) async fn open(
        first: &World,
        second: &World,
        slug: &str,
        house: HouseRules,
        bands: i64,
    ) -> Festival {
        let rules = Rules {
            activation: if house.by_hand { Activation::Explicit } else { Activation::FirstTopUp },
            balance_max: house.full_at.map(Cents),
            over_balance: OverBalance::Suspense,
            ..Rules::default()
        };
        let world = first.beside(slug, rules, bands).await;
        let mut bars = Vec::new();
        for number in 0..BARS {
            bars.push(world.opens_bar(&format!("Bar {number}")).await);
        }
        let beside = World { store: second.store.clone(), lane: second.lane.clone(), ..world.clone() };
        Festival {
            worlds: [world, beside],
            bars,
            charges: (0..CHARGES).map(|_| ChargeId::new()).collect(),
            moves: (0..MOVES).map(|_| MoveId::new()).collect(),
            matters: BTreeMap::new(),
        }
    }

    /// The answers, in the order of the asks.
    pub(super) async fn step(&mut self, step: &Step) -> Vec<Answer> {
        let answers = match step {
            Step::InOrder(asks) => join_all(asks.iter().map(|ask| self.ask(&self.worlds[0], ask))).await,
            Step::AtOnce(asks) => self.at_once(asks).await,
            Step::Batch(bar, charges) => self.batch(*bar, charges).await,
            Step::Wait => unreachable!("waiting asks for nothing"),
        };
        for matter in self.open_matters().await {
            if matter.kind == "suspense" {
                self.matters.insert(payment_of(&matter), matter.id);
            }
        }
        answers
    }

    pub(super) async fn open_matters(&self) -> Vec<ParkedView> {
        self.worlds[0].parked().await
    }

    async fn at_once(&self, asks: &[Ask]) -> Vec<Answer> {
        let tasks = asks.iter().cloned().enumerate().map(|(number, ask)| {
            let festival = self.clone();
            tokio::spawn(async move { festival.ask(&festival.worlds[number % 2], &ask).await })
        });
        let tasks: Vec<_> = tasks.collect();
        join_all(tasks).await.into_iter().map(|answer| answer.expect("it answers")).collect()
    }

    async fn batch(&self, bar: usize, charges: &[Charge]) -> Vec<Answer> {
        let world = &self.worlds[1];
        let sales = charges.iter().map(|asked| {
            let Charge { charge, band, cents } = *asked;
            (self.charges[usize::from(charge)], &world.bands[band], cents)
        });
        world.sells_all(&self.bars[bar], sales.collect()).await.into_iter().map(charged).collect()
    }

    async fn ask(&self, world: &World, ask: &Ask) -> Answer {
        match *ask {
            Ask::Pay { payment, band, cents, source } => {
                let paid = world.paid(&format!("p{payment}"), &world.bands[band.unwrap_or_default()], cents);
                let report = PaymentReport {
                    source,
                    reference: paid.reference.clone().filter(|_| band.is_some()),
                    order: None,
                    creditor_profile: (source != Source::Callback).then(|| world.profile.clone()),
                    ..paid
                };
                let settle = Settle::new(&world.keys, world.event.id, Verified::unchecked(report));
                settled(world.lane.submit(settle).await.expect("the lane answers"))
            }
            Ask::Charge(bar, Charge { charge, band, cents }) => {
                let id = self.charges[usize::from(charge)];
                charged(world.sells(&self.bars[bar], id, &world.bands[band], cents).await)
            }
            Ask::Void { bar, charge } => {
                match world.voids(&self.bars[bar], self.charges[usize::from(charge)]).await {
                    Ok(voided) => Answer::Voided(voided.balance.0),
                    Err(refusal) => refused(&refusal),
                }
            }
            Ask::Move { id, band, asked } => self.moves(world, id, band, order(asked)).await,
            Ask::Replace { id, old, new } => {
                self.moves(world, id, old, helpdesk::Asked::Replace { with: world.bands[new].id }).await
            }
            Ask::Resolve { payment, to } => self.resolves(world, payment, to).await,
            Ask::RevokeBar(bar) => {
                let (id, now) = (self.bars[bar].terminal.id, world.clock.now());
                terminals::revoke(&world.store, &actor(), now, id, None).await.expect("it is revoked");
                Answer::Done
            }
            Ask::Close => {
                let slug = world.event.slug.as_str();
                match events::close(&world.store, &actor(), world.clock.now(), slug).await {
                    Ok(_) => Answer::Done,
                    Err(EventError::Closed(_)) => Answer::EventClosed,
                    Err(error) => panic!("{error:?}"),
                }
            }
        }
    }

    async fn moves(&self, world: &World, id: u8, band: usize, asked: helpdesk::Asked) -> Answer {
        let order = helpdesk::Move {
            event: world.event.id,
            medium: world.bands[band].id,
            id: self.moves[usize::from(id)],
            asked,
            actor: actor(),
            reason: Some("lost".to_owned()),
        };
        match helpdesk::move_medium(&world.lane, order).await.expect("the lane answers") {
            Ok(state) => Answer::Moved(state.medium.status, state.balance.0),
            Err(helpdesk::Refusal::IdReused { field }) => Answer::Reused(field),
            Err(helpdesk::Refusal::NotAllowedFrom(status)) => Answer::NotAllowed(status),
            Err(helpdesk::Refusal::Successor(BadSuccessor::Same)) => Answer::OwnSuccessor,
            Err(helpdesk::Refusal::Successor(BadSuccessor::NotUnused(status))) => {
                Answer::SuccessorUsed(status)
            }
            Err(other) => panic!("{other:?}"),
        }
    }

    async fn resolves(&self, world: &World, payment: u8, to: Option<usize>) -> Answer {
        let resolve = Resolve {
            event: world.event.id,
            parked: self.matters.get(&payment).copied().unwrap_or_else(ParkedId::new),
            resolution: to.map_or(Resolution::Return, |band| world.to(&world.bands[band])),
            actor: actor(),
            reason: "asked at the desk".to_owned(),
            up_to: None,
        };
        match world.lane.submit(resolve).await.expect("the lane answers") {
            Resolved::Done { balance } => Answer::Resolved(balance.map(|cents| cents.0)),
            Resolved::AlreadyResolved => Answer::ResolvedOtherwise,
            Resolved::NotUsable(status) => Answer::NotUsable(status),
            Resolved::Unknown => Answer::NoSuchMatter,
            other => panic!("{other:?}"),
        }
    }
}

/// The number of the payment a matter is about.
pub(super) fn payment_of(matter: &ParkedView) -> u8 {
    matter.payment.rsplit("/p").next().expect("it names a payment").parse().expect("and its number")
}

fn order(asked: LifecycleMove) -> helpdesk::Asked {
    match asked {
        LifecycleMove::Activate => helpdesk::Asked::Activate,
        LifecycleMove::Freeze => helpdesk::Asked::Freeze,
        LifecycleMove::Unfreeze => helpdesk::Asked::Unfreeze,
        LifecycleMove::Revoke => helpdesk::Asked::Revoke,
        LifecycleMove::Spoil => helpdesk::Asked::Spoil,
        LifecycleMove::Quarantine => helpdesk::Asked::Quarantine,
        LifecycleMove::Release => helpdesk::Asked::Release,
        LifecycleMove::Replace => unreachable!("asked for with a successor"),
    }
}

fn settled(outcome: Outcome) -> Answer {
    match outcome {
        Outcome::Credited { balance, .. } => Answer::Credited(balance.0),
        Outcome::Suspended(reason) => Answer::Suspended(reason),
        Outcome::AlreadyKnown => Answer::Known,
        Outcome::Mismatch => Answer::Mismatch,
        other => panic!("{other:?}"),
    }
}

fn charged(answer: Result<Charged, Refusal>) -> Answer {
    match answer {
        Ok(charged) => Answer::Charged {
            balance: charged.balance.0,
            voided: charged.status == ChargeStatus::Voided,
            replayed: charged.replayed,
        },
        Err(refusal) => refused(&refusal),
    }
}

fn refused(refusal: &Refusal) -> Answer {
    match refusal {
        Refusal::InsufficientFunds { balance: Cents(balance), .. } => Answer::Short(*balance),
        Refusal::MediumNotActive(status) => Answer::NotActive(*status),
        Refusal::IdReused { field } => Answer::Reused(field),
        Refusal::TerminalRevoked => Answer::TerminalRevoked,
        Refusal::EventClosed => Answer::EventClosed,
        Refusal::UnknownCharge => Answer::UnknownCharge,
        Refusal::TooLateToVoid => Answer::TooLateToVoid,
        other => panic!("{other:?}"),
    }
}
