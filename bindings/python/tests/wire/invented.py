"""A small invented protocol of three revisions, written the way the generator writes the real one."""

from typing import Annotated, Literal, TypeAlias

from msgspec import UNSET, Meta, UnsetType, field

from isogloss.wire.shape import (
    BOOL,
    EXACT_NUM,
    INT,
    STR,
    Const,
    Enum,
    Int,
    Json,
    Kind,
    List,
    Map,
    Member,
    Num,
    Presence,
    Record,
    Ref,
    Shape,
    Tag,
    Union,
    Variant,
)
from isogloss.wire.value import (
    Integer,
    Json as AnyJson,
    JsonObject,
    Late,
    Number,
    Object,
    const,
    json_members,
)

ALL, OLD, MID, NEW, SINCE_MID = 0b111, 0b001, 0b010, 0b100, 0b110

Color: TypeAlias = Literal["blue", "green", "red"]
Id: TypeAlias = str | Number


@json_members("meta")
class Note(Object, kw_only=True):
    meta: JsonObject | UnsetType = field(default=UNSET, name="_meta")
    text: str
    type: Literal["note"] = const("note")


class Picture(Object, kw_only=True):
    data: str
    mime_type: str
    type: Literal["picture"] = const("picture")


Part: TypeAlias = Note | Picture


class Circle(Object, kw_only=True):
    radius: Annotated[float, Meta(ge=0.0, le=10.0)]


class Square(Object, kw_only=True):
    side: Integer


Figure: TypeAlias = Circle | Square


@json_members("anything", "data", "schema", "table")
class Letter(Object, kw_only=True):
    anything: AnyJson | UnsetType = UNSET
    color: Color | UnsetType = UNSET
    data: AnyJson | UnsetType = UNSET
    figures: dict[str, Late[Figure]] | UnsetType = UNSET
    id: Id | UnsetType = UNSET
    kind_tag: str | UnsetType = UNSET
    parts: list[Late[Part]]
    priority: Annotated[int, Meta(ge=0, le=9)] | UnsetType = UNSET
    reply_to: "Letter | UnsetType" = UNSET
    schema: Late[JsonObject] | UnsetType = field(default=UNSET, name="$schema")
    table: Late[dict[str, JsonObject]] | UnsetType = UNSET
    tags: list[str] | UnsetType = UNSET
    ttl: Integer | UnsetType | None = UNSET
    urgent: bool | UnsetType = UNSET


SHAPES: dict[str, Shape] = {
    "Color": Enum({"blue": SINCE_MID, "green": ALL, "red": ALL}),
    "Id": Union(Kind({"number": Variant(EXACT_NUM, ALL), "string": Variant(STR, ALL)})),
    "Note": Record(
        Note,
        Member("_meta", "meta", Json(ALL), ALL),
        Member("text", "text", STR, ALL, required=ALL),
        Member("type", "type", Const("note"), ALL, required=ALL),
    ),
    "Picture": Record(
        Picture,
        Member("data", "data", STR, SINCE_MID, required=SINCE_MID),
        Member("mimeType", "mime_type", STR, SINCE_MID, required=SINCE_MID),
        Member("type", "type", Const("picture"), SINCE_MID, required=SINCE_MID),
    ),
    "Part": Union(
        Tag(
            "type",
            {"note": Variant(Ref("Note"), ALL), "picture": Variant(Ref("Picture"), SINCE_MID)},
            ALL,
        )
    ),
    "Circle": Record(Circle, Member("radius", "radius", Num(0.0, 10.0), ALL, required=ALL)),
    "Square": Record(Square, Member("side", "side", INT, ALL, required=ALL)),
    "Figure": Union(
        Presence(
            ((("radius",), Variant(Ref("Circle"), ALL)), (("side",), Variant(Ref("Square"), ALL)))
        )
    ),
    "Schema": Record(
        None,
        Member("properties", "properties", Map(Json(ALL)), OLD, gated=False),
        Member("type", "type", Const("object"), ALL, required=ALL, gated=False),
    ),
    "Letter": Record(
        Letter,
        Member("anything", "anything", Json(), ALL),
        Member("color", "color", Ref("Color"), ALL),
        Member("data", "data", Json(MID), SINCE_MID),
        Member("figures", "figures", Map(Ref("Figure")), ALL),
        Member("id", "id", Ref("Id"), ALL, required=NEW),
        Member("kindTag", "kind_tag", STR, NEW, required=NEW, default="letter"),
        Member("parts", "parts", List(Ref("Part")), ALL, required=ALL),
        Member("priority", "priority", Int(0, 9), ALL),
        Member("replyTo", "reply_to", Ref("Letter"), ALL),
        Member("$schema", "schema", Ref("Schema"), ALL),
        Member("table", "table", Map(Json(ALL)), ALL),
        Member("tags", "tags", List(STR, 3, SINCE_MID), ALL),
        Member("ttl", "ttl", INT, ALL, nullable=True),
        Member("urgent", "urgent", BOOL, SINCE_MID),
    ),
}
