# The README's weather server as a Worker, bundled to one module. Text never becomes code there.

using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [(name = "weather", worker = .weather)],
  sockets = [(name = "http", service = "weather", http = ())],
);

const weather :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed "worker.mjs")],
  compatibilityDate = "2026-01-01",
);
