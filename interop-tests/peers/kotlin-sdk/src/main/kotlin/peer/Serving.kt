package peer

import io.ktor.server.engine.embeddedServer
import io.ktor.server.netty.Netty
import io.modelcontextprotocol.kotlin.sdk.server.Server
import io.modelcontextprotocol.kotlin.sdk.server.StdioServerTransport
import io.modelcontextprotocol.kotlin.sdk.server.mcpStreamableHttp
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.awaitCancellation
import kotlinx.io.asSink
import kotlinx.io.asSource
import kotlinx.io.buffered

/** Serves as the words after the mode say, and gives the exit status; an option that is not known is refused. */
internal suspend fun serve(words: List<String>, server: Server): Int {
    when {
        words.isEmpty() -> overStdio(server)
        words.size == 2 && words[0] == "--http" -> overHttp(server, words[1].toInt())
        else -> throw IllegalArgumentException("the SDK has nothing for $words")
    }
    return 0
}

/** Until standard input is closed. */
private suspend fun overStdio(server: Server) {
    val transport = StdioServerTransport(System.`in`.asSource().buffered(), System.out.asSink().buffered())
    val ended = CompletableDeferred<Unit>()
    server.createSession(transport).onClose { ended.complete(Unit) }
    ended.await()
}

/** Until it is ended; one server for all sessions, on Netty, which the SDK's example of this transport uses. */
private suspend fun overHttp(server: Server, port: Int) {
    val site = embeddedServer(Netty, host = "127.0.0.1", port = port) { mcpStreamableHttp { server } }
    site.start(wait = false)
    val listening = site.engine.resolvedConnectors().first().port
    say(mapOf("url" to json("http://127.0.0.1:$listening/mcp")))
    awaitCancellation()
}
