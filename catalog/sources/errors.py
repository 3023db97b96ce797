"""What can be wrong with a source, each case under its own name.

Lives here: the errors every reader of this package raises. A message names files, tables, columns, counts and positions
and never a value of a cell; readers raise these `from None` where the library's own message would quote the row it
failed on.
"""

from __future__ import annotations

from catalog.messages import MessageError, gettext_noop


class SourceError(MessageError):
    """A source cannot be read as it was asked to be; the base of everything below."""

    code = "source_error"
    message = gettext_noop("The source cannot be read.")


class SourceMissing(SourceError):
    """There is no such file. Params: `name`."""

    code = "source_missing"
    message = gettext_noop("There is no file “%(name)s”.")


class SourceNotFile(SourceError):
    """A directory, device, pipe or socket stands where a file should. Params: `name`."""

    code = "source_not_file"
    message = gettext_noop("“%(name)s” is not a regular file.")


class PathOutsideRoot(SourceError):
    """The path leaves its root, or passes through a symbolic link. Params: `name`."""

    code = "path_outside_root"
    message = gettext_noop("“%(name)s” is not a path below the folder that is open to sources.")


class FormatUnsupported(SourceError):
    """The file's extension is none we read. Params: `name`, `supported`."""

    code = "format_unsupported"
    message = gettext_noop("“%(name)s” is of no format that can be read. Formats: %(supported)s.")


class SourceUnreadable(SourceError):
    """The bytes are damaged, or are not of the format the name promises. Params: `name`, `format`."""

    code = "source_unreadable"
    message = gettext_noop("“%(name)s” cannot be read as %(format)s: it is damaged, or of another format.")


class SourceForbidden(SourceError):
    """The operating system or the database refuses us the reading of it. Params: `name`."""

    code = "source_forbidden"
    message = gettext_noop("Reading “%(name)s” is not permitted.")


class SourceEncrypted(SourceUnreadable):
    """A password stands on the file. Params: `name`, `format`."""

    code = "source_encrypted"
    message = gettext_noop("“%(name)s” is protected by a password. Remove the password and try again.")


class SourceLost(SourceError):
    """The file or the database stopped answering while it was read. Params: `name`, `rows` delivered before."""

    code = "source_lost"
    message = gettext_noop("“%(name)s” stopped answering after %(rows)d rows. What was read is not complete.")


class SourceChanged(SourceError):
    """The source is no longer what it was when its schema was read. Params: `name`."""

    code = "source_changed"
    message = gettext_noop("“%(name)s” was changed while it was read. Try again when nobody writes to it.")


class EncodingUnknown(SourceError):
    """No encoding explains the bytes well enough. Params: `name`."""

    code = "encoding_unknown"
    message = gettext_noop(
        "The character encoding of “%(name)s” cannot be told. Save the file as UTF-8 with BOM, or name its encoding."
    )


class EncodingMixed(EncodingUnknown):
    """Some lines are UTF-8 and some are not. Params: `name`, `line` (1-based) of the first that is not."""

    code = "encoding_mixed"
    message = gettext_noop("“%(name)s” mixes two character encodings: from line %(line)d on it is no longer UTF-8.")


class BytesInvalid(SourceError):
    """Bytes that the file's own encoding forbids. Params: `name`, `encoding`, `byte` (0-based offset), `line`
    (1-based)."""

    code = "bytes_invalid"
    message = gettext_noop("“%(name)s” is %(encoding)s, but line %(line)d (byte %(byte)d) is not valid in it.")


class TextInvalid(SourceError):
    """A database delivers text that is not UTF-8. Params: `name` of the table, `rows` delivered before."""

    code = "text_invalid"
    message = gettext_noop("A text after row %(rows)d of “%(name)s” is not valid in the database's own encoding.")


class RowMalformed(SourceError):
    """A row has more or fewer cells than the header. Params: `name`, `row` (the header is row 1), `expected`,
    `found`."""

    code = "row_malformed"
    message = gettext_noop("Row %(row)d of “%(name)s” has %(found)d cells, the header has %(expected)d.")


class CellUnclosed(SourceError):
    """A quotation mark is never closed, or a row is longer than can be read. Params: `name`, `row` read before it."""

    code = "cell_unclosed"
    message = gettext_noop(
        "After row %(row)d of “%(name)s” a quotation mark is not closed, or one row is longer than %(megabytes)d MB."
    )


class RecordMalformed(SourceError):
    """A line is not one JSON object. Params: `name`, `line` (1-based)."""

    code = "record_malformed"
    message = gettext_noop("Line %(line)d of “%(name)s” is not one JSON object.")


class FieldAppearedLate(SourceError):
    """A field none of the surveyed records had. Params: `name`, `line`, `field`, `surveyed`."""

    code = "field_appeared_late"
    message = gettext_noop(
        "Line %(line)d of “%(name)s” has a field “%(field)s” that none of the first %(surveyed)d records has. "
        "Name every field in the first record, with null where there is no value."
    )


class FieldsTooMany(SourceError):
    """The records have more different fields than a table can have columns. Params: `name`, `limit`."""

    code = "fields_too_many"
    message = gettext_noop("The records of “%(name)s” have more than %(limit)d different fields.")


class SheetTooLarge(SourceError):
    """A sheet that would not fit in memory. Params: `name`, `limit` in cells."""

    code = "sheet_too_large"
    message = gettext_noop("A sheet of “%(name)s” spans more than %(limit)d cells. Save the table as CSV.")


class EmptyTable(SourceError):
    """There is not even a header. A header without rows is a table, and no error. Params: `name`."""

    code = "empty_table"
    message = gettext_noop("“%(name)s” is empty: it has no header row.")


class TableUnknown(SourceError):
    """No table of that name. Params: `table`, `tables` (the names there are)."""

    code = "table_unknown"
    message = gettext_noop("There is no table “%(table)s”. Tables: %(tables)s.")


class TableNotNamed(TableUnknown):
    """Several tables, and the caller named none. Params: `name`, `tables`."""

    code = "table_not_named"
    message = gettext_noop("“%(name)s” holds several tables, name one: %(tables)s.")


class ColumnUnknown(SourceError):
    """No column of that name. Params: `table`, `column`."""

    code = "column_unknown"
    message = gettext_noop("The table “%(table)s” has no column “%(column)s”.")


class ConnectionFailed(SourceError):
    """The server cannot be reached. Params: `host`, `port`, `database`."""

    code = "connection_failed"
    message = gettext_noop("The database server %(host)s:%(port)d cannot be reached.")


class LoginRefused(ConnectionFailed):
    """The server answered and refused the user or the database. Params: `host`, `port`, `database`."""

    code = "login_refused"
    message = gettext_noop(
        "%(host)s:%(port)d refused the connection to “%(database)s”: check database, user and password."
    )


class TlsUnavailable(ConnectionFailed):
    """The operator asks for an encrypted connection and the server has none to offer. Params: `host`, `port`, `database`."""

    code = "tls_unavailable"
    message = gettext_noop(
        "The database server %(host)s:%(port)d offers no encrypted connection (TLS), and the operator asks for one."
    )


class CertificateUnverified(ConnectionFailed):
    """The server's certificate is not its own, or no authority we know has signed it. Params: `host`, `port`, `database`."""

    code = "certificate_unverified"
    message = gettext_noop(
        "The certificate of the database server %(host)s:%(port)d could not be verified. Ask the operator."
    )
