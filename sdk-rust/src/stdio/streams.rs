//! The standard streams of this process, taken for the wire alone.

#[cfg(not(unix))]
use std::io::Read;
use std::io::{self, Write};

/// The standard streams, kept for the wire. While this lives, standard input is empty and standard output is standard
/// error, for the program itself and for its children: nothing of theirs gets between the messages.
#[cfg(unix)]
pub(super) struct Streams {
    input: std::os::fd::OwnedFd,
    output: std::os::fd::OwnedFd,
}

#[cfg(unix)]
impl Streams {
    pub(super) fn take() -> io::Result<Self> {
        use std::os::fd::AsFd;
        io::stdout().flush()?;
        let streams = Streams {
            input: io::stdin().as_fd().try_clone_to_owned()?,
            output: io::stdout().as_fd().try_clone_to_owned()?,
        };
        rustix::stdio::dup2_stdin(std::fs::File::open("/dev/null")?)?;
        rustix::stdio::dup2_stdout(io::stderr())?;
        Ok(streams)
    }

    pub(super) fn input(&self) -> io::Result<std::fs::File> {
        self.input.try_clone().map(std::fs::File::from)
    }

    pub(super) fn output(&self) -> io::Result<std::fs::File> {
        self.output.try_clone().map(std::fs::File::from)
    }
}

#[cfg(unix)]
impl Drop for Streams {
    /// Gives them back.
    fn drop(&mut self) {
        // Where that fails there is nobody to tell: standard output is what is being restored.
        let _ = io::stdout().flush();
        #[cfg(target_os = "linux")]
        [&self.input, &self.output].into_iter().for_each(super::pipes::give_back);
        let _ = rustix::stdio::dup2_stdin(&self.input);
        let _ = rustix::stdio::dup2_stdout(&self.output);
    }
}

/// The standard streams. Without a way to put something else in their place they stay those of the program, too.
#[cfg(not(unix))]
pub(super) struct Streams;

#[cfg(not(unix))]
impl Streams {
    pub(super) fn take() -> io::Result<Self> {
        Ok(Streams)
    }

    pub(super) fn input(&self) -> io::Result<impl Read + Send + 'static> {
        Ok(io::stdin())
    }

    pub(super) fn output(&self) -> io::Result<impl Write + Send + 'static> {
        Ok(io::stdout())
    }
}
