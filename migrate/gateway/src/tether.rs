//! Commands that do not outlive this process, however it ends.
//!
//! A kernel that kills a process tells nobody, so a command runs below a shell that holds the other end of a pipe: when
//! this process goes, the pipe ends, and the shell kills the command with all that it has started. (Linux could send a
//! signal on the parent's death, but only to the child itself, and only with unsafe code.)

use std::process::{ExitStatus, Stdio};

use rustix::process::Pid;
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};

/// Runs its arguments as a command. `kill 0` means the group of processes, which the shell has for itself.
const SHELL: &str = r#"
exec 3<&0 </dev/null
(read -r _ <&3; kill -KILL 0) >/dev/null 2>&1 &
watch=$!
"$@" 3<&- &
wait $!
status=$?
kill -KILL $watch
exit $status
"#;

/// Ends the group that it is in when its standard input ends; it outlives the signal that asks the others to end.
const GUARD: &str = "trap '' TERM; read -r _; kill -KILL 0";

/// The status with which a shell says that there is no such program.
const NOT_FOUND: i32 = 127;

/// A running command. Dropped, it is killed, and so is what it has started.
#[derive(Debug)]
pub struct Tethered {
    child: Child,
    /// Its other end is what the shell waits at.
    _tether: Option<ChildStdin>,
}

/// A command that [`Tethered::spawn`] can run; its standard input is empty.
pub fn command(program: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", SHELL, "sh", program]);
    command
}

/// What ends a group of processes when it is dropped, or this process goes.
#[derive(Debug)]
pub(crate) struct Guard {
    _child: Child,
    _tether: Option<ChildStdin>,
}

impl Guard {
    /// Guards the group of a process that runs already, whose status and signals stay its own.
    pub(crate) fn of(group: Pid) -> std::io::Result<Self> {
        let mut child = Command::new("sh")
            .args(["-c", GUARD])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(group.as_raw_nonzero().get())
            .spawn()?;
        let tether = child.stdin.take();
        Ok(Self {
            _child: child,
            _tether: tether,
        })
    }
}

impl Tethered {
    /// Runs what [`command`] has prepared.
    pub fn spawn(mut command: Command) -> std::io::Result<Self> {
        // Its own group: Ctrl-C reaches this process alone, which then decides.
        let mut child = command.stdin(Stdio::piped()).process_group(0).spawn()?;
        let tether = child.stdin.take();
        Ok(Self {
            child,
            _tether: tether,
        })
    }

    /// What the command writes, where that is piped; each is given once.
    pub fn output(&mut self) -> (Option<ChildStdout>, Option<ChildStderr>) {
        (self.child.stdout.take(), self.child.stderr.take())
    }

    /// Waits for its end. A program that does not exist is an error.
    pub async fn wait(mut self) -> std::io::Result<ExitStatus> {
        let status = self.child.wait().await?;
        if status.code() == Some(NOT_FOUND) {
            return Err(std::io::ErrorKind::NotFound.into());
        }
        Ok(status)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn a_guarded_group_ends_with_its_guard_and_its_children_too() {
        let mut child = Command::new("sh")
            .args(["-c", "trap '' TERM; sleep 600 & wait"])
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let id = i32::try_from(child.id().unwrap()).unwrap();
        let group = Pid::from_raw(id).unwrap();
        let guard = Guard::of(group).unwrap();
        assert!(child.try_wait().unwrap().is_none());
        drop(guard);
        let ended = tokio::time::timeout(Duration::from_secs(10), child.wait());
        assert!(!ended.await.unwrap().unwrap().success());
    }
}
