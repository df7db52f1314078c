//! `polsband operator`: people and API tokens. Never prompts: a person sets their password behind a one-time link.

use super::context::Context;
use super::out::note;
use super::shell::Shell;
use super::words::{one_of, token_id};
use crate::clock::Timestamp;
use crate::ids::{OperatorId, TokenId};
use crate::operators::{self, Email, Invitation, Listed, NewToken, Operator, Role, TokenName};
use clap::Subcommand;
use serde::Serialize;

#[derive(Subcommand)]
pub(super) enum OperatorCommand {
    /// Add a person; prints a one-time link to set a password, good for 24 hours
    Add {
        /// Their e-mail address; nothing is sent to it
        email: Email,
        /// What they may do
        #[arg(long, value_parser = one_of!(Role))]
        role: Role,
    },
    /// Print a new one-time link for a person who lost the first or forgot their password; older links end
    Link {
        /// Their e-mail address
        email: Email,
    },
    /// Give a person another role, from this moment on
    Role {
        /// Their e-mail address
        email: Email,
        /// What they may do
        #[arg(value_parser = one_of!(Role))]
        role: Role,
    },
    /// End all rights of a person: password, sessions and tokens go
    Remove {
        /// Their e-mail address
        email: Email,
    },
    /// Make an API token with a person's rights; it is shown this once and works until it is revoked
    Token {
        /// Their e-mail address
        email: Email,
        /// What it is for, such as "accounting export": lists of tokens and the audit log call it so
        #[arg(long, default_value = "command line")]
        name: TokenName,
    },
    /// All people with their tokens
    List,
    /// End an API token, from this moment on
    RevokeToken {
        /// The token's id, as `operator list --json` shows it
        #[arg(value_parser = token_id)]
        id: TokenId,
    },
}

pub(super) async fn run(command: OperatorCommand, shell: &Shell) -> anyhow::Result<()> {
    let context = shell.open().await?;
    let outcome = run_in(&context, command, shell).await;
    context.close().await;
    outcome
}

async fn run_in(context: &Context, command: OperatorCommand, shell: &Shell) -> anyhow::Result<()> {
    let Context { store, actor, .. } = context;
    let now = context.now();
    match command {
        OperatorCommand::Add { email, role } => {
            print_link(context, shell, &operators::add(store, actor, now, &email, role).await?)
        }
        OperatorCommand::Link { email } => {
            print_link(context, shell, &operators::invite(store, actor, now, &email).await?)
        }
        OperatorCommand::Role { email, role } => {
            let operator = operators::change_role(store, actor, now, &email, role).await?;
            shell.out.one(&operator, format_args!("{email} is {role} now"))
        }
        OperatorCommand::Remove { email } => {
            let operator = operators::remove(store, actor, now, &email).await?;
            shell.out.one(&operator, format_args!("{email} is no operator any more"))
        }
        OperatorCommand::Token { email, name } => {
            let made = operators::token(store, actor, now, TokenId::new(), &email, &name).await?;
            let NewToken { id, token, operator } = made;
            let made =
                Made { token: token.reveal(), id, name: &name, email: &operator.email, role: operator.role };
            shell.out.one(&made, token.reveal())
        }
        OperatorCommand::List => list(context, shell).await,
        OperatorCommand::RevokeToken { id } => {
            let (operator, name) = operators::revoke_token(store, actor, now, id).await?;
            let revoked = Revoked { id, email: &operator.email };
            shell.out.one(&revoked, format_args!("{name}, token {id} of {}, is revoked", operator.email))
        }
    }
}

/// What `operator token` prints.
#[derive(Serialize)]
struct Made<'a> {
    token: &'a str,
    id: TokenId,
    name: &'a TokenName,
    email: &'a Email,
    role: Role,
}

/// What `operator revoke-token` prints.
#[derive(Serialize)]
struct Revoked<'a> {
    id: TokenId,
    email: &'a Email,
}

/// What `operator add` and `operator link` print.
#[derive(Serialize)]
struct Link<'a> {
    id: OperatorId,
    email: &'a Email,
    role: Role,
    link: &'a str,
    expires_at: Timestamp,
}

fn print_link(context: &Context, shell: &Shell, invitation: &Invitation) -> anyhow::Result<()> {
    let Invitation { operator: Operator { id, email, role, .. }, link, expires_at } = invitation;
    let link = format!("{}/console/password/{}", context.settings.public_url, link.reveal());
    let printed = Link { id: *id, email, role: *role, link: &link, expires_at: *expires_at };
    shell.out.one(&printed, &link)?;
    if !shell.out.is_json() {
        note(format_args!("Give it to {email}: it lets them set a password, once, until {expires_at}."));
    }
    Ok(())
}

async fn list(context: &Context, shell: &Shell) -> anyhow::Result<()> {
    let people = operators::list(&mut *context.store.read().await?).await?;
    shell.out.list(&people, ["email", "role", "password", "tokens", "added"], |listed| {
        let Listed { operator, has_password, tokens } = listed;
        let password = if *has_password { "set" } else { "not set yet" };
        let tokens: Vec<String> = tokens
            .iter()
            .filter(|token| token.revoked_at.is_none())
            .map(|token| format!("{} ({})", token.id, token.name))
            .collect();
        let added = operator.created_at.to_string();
        [operator.email.to_string(), operator.role.to_string(), password.to_owned(), tokens.join(", "), added]
    })
}
