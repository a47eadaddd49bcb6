//! The work behind the `serinus` command.
//!
//! | module | question it answers |
//! |---|---|
//! | [`cli`] | what was typed? |
//! | [`command`] | what comes of it? |
//! | [`rollout_file`] | what does a file say, and on which line? |
//! | [`advice`] | what is allowed, and still not what its author wants? |
//! | [`problem`] | how is it told, to a person and to a machine? |
//! | [`exit`] | with which code does the command end? |

pub mod advice;
pub mod cli;
pub mod command;
pub mod exit;
pub mod problem;
pub mod rollout_file;
