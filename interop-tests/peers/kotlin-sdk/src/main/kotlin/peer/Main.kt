/** The official Kotlin SDK as a peer: one program, whose first word is a mode of PEER.md or DRIVER.md. */
package peer

import kotlin.system.exitProcess
import kotlinx.coroutines.runBlocking

/** Ends by force, for the threads of the SDK's transports may wait for a stream that nobody closes. */
fun main(words: Array<String>) {
    // The SDK's logging library greets on standard output, which belongs to messages, unless it is told not to.
    System.setProperty("kotlin-logging.logStartupMessage", "false")
    require(words.isNotEmpty()) { "a mode is wanted: server, client, wide or driver" }
    val rest = words.drop(1)
    val status = runBlocking {
        when (words[0]) {
            "server" -> serve(rest, reference())
            "wide" -> serve(rest, Wide().server)
            "client" -> Steps(Door.of(rest)).run()
            "driver" -> Driver(Door.of(rest)).run()
            else -> throw IllegalArgumentException("no mode is named ${words[0]}")
        }
    }
    exitProcess(status)
}
