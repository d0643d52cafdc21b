//! What is measured: a cell is a transport, how many calls are under way at once, and which tool is called.

use std::fmt;

/// How a server is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Transport {
    /// Standard input and output of a process.
    Stdio,
    /// Streamable HTTP on the loopback interface, with connections that are kept.
    Http,
}

/// Which tool is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tool {
    /// Two integers in, their sum out.
    Add,
    /// An object of about this many bytes in, the same out.
    Echo(usize),
}

/// One thing that is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cell {
    /// How the server is reached.
    pub transport: Transport,
    /// Calls in flight over stdio; connections with one call each over HTTP.
    pub lanes: usize,
    /// Which tool is called.
    pub tool: Tool,
}

const KIB: usize = 1024;
const TOOLS: [Tool; 3] = [Tool::Add, Tool::Echo(KIB), Tool::Echo(64 * KIB)];
const LANES: [(Transport, usize); 4] =
    [(Transport::Stdio, 1), (Transport::Stdio, 64), (Transport::Http, 1), (Transport::Http, 32)];

impl Cell {
    /// All cells, in the order in which they are shown.
    pub fn all() -> Vec<Cell> {
        let cells = |(transport, lanes)| TOOLS.map(|tool| Cell { transport, lanes, tool });
        LANES.into_iter().flat_map(cells).collect()
    }

    /// How many calls are measured, so that a run takes about as long whatever it calls.
    pub fn calls(&self) -> usize {
        let small = if self.lanes == 1 { 5_000 } else { 20_000 };
        match self.tool {
            Tool::Add => small,
            Tool::Echo(size) if size <= KIB => small / 2,
            Tool::Echo(_) => small / 20,
        }
    }

    /// For people.
    pub fn title(&self) -> String {
        let lanes = match self.transport {
            Transport::Stdio => format!("stdio, {} in flight", self.lanes),
            Transport::Http if self.lanes == 1 => String::from("HTTP, 1 connection"),
            Transport::Http => format!("HTTP, {} connections", self.lanes),
        };
        format!("{lanes}, {}", self.tool)
    }
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Transport::Stdio => "stdio",
            Transport::Http => "http",
        })
    }
}

impl fmt::Display for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Tool::Add => f.write_str("add"),
            Tool::Echo(size) => write!(f, "echo {} KB", size / KIB),
        }
    }
}

/// The name that `--only` selects by: `stdio-64-echo-1-kb`.
impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tool = self.tool.to_string().replace(' ', "-").to_lowercase();
        write!(f, "{}-{}-{tool}", self.transport, self.lanes)
    }
}
