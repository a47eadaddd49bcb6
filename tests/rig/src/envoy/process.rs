//! An Envoy process that cannot outlive us.
//!
//! Dropping it ends it. For the case that nobody drops anything (`SIGKILL`, abort, Ctrl-C), a small shell waits at a
//! pipe of which we hold the other end: when we are gone, for whatever reason, it reads the end of the pipe and kills
//! Envoy. (The kernel's `PR_SET_PDEATHSIG` needs `unsafe` here, and fires when the *thread* that started the process
//! ends.) Both are in process groups of their own, so that a Ctrl-C at the terminal is ours to handle.

use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::{Error, Result};

const GRACE: Duration = Duration::from_secs(5);

pub(super) struct Process {
    child: Child,
    guard: Option<Child>,
}

impl Process {
    /// Starts a command that writes its log to this file.
    pub fn spawn(mut command: Command, log: &Path) -> Result<Self> {
        let stderr = File::create(log).map_err(Error::file(log))?;
        let what = format!("starting {}", command.get_program().display());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(stderr).process_group(0);
        let child = command.spawn().map_err(Error::io(what))?;
        let mut process = Self { child, guard: None };
        process.guard = Some(guard(process.id()).map_err(Error::io("starting sh"))?);
        Ok(process)
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Asks it to end, and makes it if it does not.
    pub fn end(&mut self) -> Option<ExitStatus> {
        if self.ended().is_none() {
            let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
            let asked = Instant::now();
            while self.ended().is_none() && asked.elapsed() < GRACE {
                std::thread::sleep(Duration::from_millis(5));
            }
            let _ = self.child.kill();
        }
        let status = self.child.wait().ok();
        if let Some(mut guard) = self.guard.take() {
            let _ = guard.kill();
            let _ = guard.wait();
        }
        status
    }

    /// The memory it holds now.
    pub fn rss_bytes(&self) -> Result<u64> {
        let status = self.proc_file("status")?;
        let rss = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = rss.and_then(|text| text.split_whitespace().next()?.parse::<u64>().ok());
        kib.map(|kib| kib * 1024).ok_or_else(|| Error::unexpected("no VmRSS in /proc"))
    }

    /// The CPU time its threads have used, in user and in kernel mode.
    ///
    /// By the scheduler's own account, in nanoseconds: the clock ticks in `stat` are 10 ms each, as
    /// much as a hundred requests.
    pub fn cpu_time(&self) -> Result<Duration> {
        let tasks = format!("/proc/{}/task", self.id());
        let mut nanos = 0;
        for task in fs::read_dir(&tasks).map_err(Error::io(tasks))?.flatten() {
            // A thread that has just ended has no file any more.
            let stat = fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
            nanos += stat.split_whitespace().next().and_then(|n| n.parse().ok()).unwrap_or(0_u64);
        }
        Ok(Duration::from_nanos(nanos))
    }

    fn proc_file(&self, name: &str) -> Result<String> {
        let path = format!("/proc/{}/{name}", self.id());
        fs::read_to_string(&path).map_err(Error::io(path))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}

fn guard(pid: u32) -> std::io::Result<Child> {
    Command::new("sh")
        .args(["-c", "read -r never; kill -KILL \"$1\"", "guard", &pid.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
}
