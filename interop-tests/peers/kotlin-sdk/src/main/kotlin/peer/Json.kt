package peer

import io.modelcontextprotocol.kotlin.sdk.types.McpJson
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.doubleOrNull
import kotlinx.serialization.json.encodeToJsonElement
import kotlinx.serialization.json.jsonPrimitive

internal val TRUE = JsonPrimitive(true)

/** One of the SDK's values as JSON with the specification's names. */
internal inline fun <reified T> json(value: T): JsonElement = McpJson.encodeToJsonElement(value)

internal fun json(text: String): JsonElement = JsonPrimitive(text)

/** A member that is text. */
internal fun JsonObject.text(name: String): String = getValue(name).jsonPrimitive.content

/** One line of output, whole, whoever else prints. */
internal fun say(members: Map<String, JsonElement>) {
    val line = "${JsonObject(members)}\n".encodeToByteArray()
    synchronized(System.out) {
        System.out.write(line)
        System.out.flush()
    }
}

/** Equal as JSON: numbers by what they are worth, for an element keeps how they were written. */
internal fun isEqual(one: JsonElement, other: JsonElement): Boolean = when {
    one is JsonObject && other is JsonObject ->
        one.keys == other.keys && one.all { (name, value) -> isEqual(value, other.getValue(name)) }
    one is JsonArray && other is JsonArray ->
        one.size == other.size && one.zip(other).all { (first, second) -> isEqual(first, second) }
    one is JsonPrimitive && other is JsonPrimitive && !one.isString && !other.isString && one.doubleOrNull != null ->
        one.doubleOrNull == other.doubleOrNull
    else -> one == other
}
