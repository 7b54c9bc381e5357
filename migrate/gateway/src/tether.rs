//! Commands that do not outlive this process, however it ends.
//!
//! A kernel that kills a process tells nobody, so a command runs below a shell that holds the other end of a pipe: when
//! this process goes, the pipe ends, and the shell kills the command with all that it has started. (Linux could send a
//! signal on the parent's death, but only to the child itself, and only with unsafe code.)

use std::process::{ExitStatus, Stdio};

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
