//! The `serinus` command. It is a library, so that tests call it without a process.
//!
//! | module | question it answers |
//! |---|---|
//! | [`cli`] | what was typed? |
//! | [`command`] | what comes of it? |
//! | [`dispatch`] | which command answers what was typed? |
//! | [`exit`] | with which code does the command end? |

pub mod cli;
pub mod command;
pub mod dispatch;
pub mod exit;
