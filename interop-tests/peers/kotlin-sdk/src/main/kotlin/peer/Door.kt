package peer

import io.ktor.client.HttpClient
import io.ktor.client.engine.cio.CIO
import io.ktor.client.plugins.sse.SSE
import io.modelcontextprotocol.kotlin.sdk.client.Client
import io.modelcontextprotocol.kotlin.sdk.client.StdioClientTransport
import io.modelcontextprotocol.kotlin.sdk.client.StreamableHttpClientTransport
import io.modelcontextprotocol.kotlin.sdk.shared.Transport
import io.modelcontextprotocol.kotlin.sdk.types.InitializeResult
import io.modelcontextprotocol.kotlin.sdk.types.JSONRPCResponse
import java.util.concurrent.TimeUnit
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext
import kotlinx.io.asSink
import kotlinx.io.asSource
import kotlinx.io.buffered

private const val ENDING_S = 2L

/** A client that is connected: the revision that was agreed, and what closes it and all that it goes through. */
internal class Connection(val revision: String?, val close: suspend () -> Unit)

/** A transport, what says goodbye to the server before it is closed, and what ends what it goes through afterwards. */
private class Way(val transport: Transport, val leave: suspend () -> Unit, val end: suspend () -> Unit)

/** Where a client finds its server: a command to start, or an address. */
internal class Door private constructor(private val isHttp: Boolean, private val words: List<String>) {
    companion object {
        /** From `stdio legacy <command …>` or `http legacy <url>`. */
        fun of(words: List<String>): Door {
            require(words.size > 2 && words[0] in listOf("stdio", "http") && words[1] == "legacy") {
                "wanted: stdio legacy <command …>, or http legacy <url>; found: $words"
            }
            return Door(words[0] == "http", words.drop(2))
        }
    }

    suspend fun connect(client: Client): Connection {
        val way = if (isHttp) http() else stdio()
        var revision: String? = null
        // A client keeps the revision to itself; what a transport hears is open to everybody.
        way.transport.onMessage { message ->
            ((message as? JSONRPCResponse)?.result as? InitializeResult)?.let { revision = it.protocolVersion }
        }
        try {
            client.connect(way.transport)
        } catch (failed: Throwable) {
            way.end()
            throw failed
        }
        return Connection(revision) {
            try {
                way.leave()
                client.close()
            } finally {
                way.end()
            }
        }
    }

    private fun http(): Way {
        val ktor = HttpClient(CIO) { install(SSE) }
        val transport = StreamableHttpClientTransport(ktor, words.single())
        return Way(transport, leave = { transport.terminateSession() }, end = { ktor.close() })
    }

    /** The process is the program's own: the SDK's transport knows its streams alone. */
    private suspend fun stdio(): Way {
        val process = withContext(Dispatchers.IO) {
            ProcessBuilder(words).redirectError(ProcessBuilder.Redirect.INHERIT).start()
        }
        val transport = StdioClientTransport(
            process.inputStream.asSource().buffered(),
            process.outputStream.asSink().buffered(),
        )
        return Way(transport, leave = {}, end = { process.end() })
    }
}

/** Waits a moment for a process whose input is closed, and then ends it. */
private suspend fun Process.end() = withContext(Dispatchers.IO) {
    if (!waitFor(ENDING_S, TimeUnit.SECONDS)) {
        destroy()
    }
}
