"""Numbers that a visitor brings: what is read of them, and what each row of them does.

A request is the body of a POST. Lengths are of four bytes, the lowest first::

    length of the head | head, as JSON | the numbers | the targets

The head has ``lang``; ``as``, which is "" for the stream below, or csv, npy, py or ipynb for a
file; ``name`` and ``size`` of the numbers, where no name means that they were pasted, and
``targets_name`` and ``targets_size`` likewise; and ``options``, texts as typed, "" for the usual:
``format``, ``kind`` (classes, binary), ``reduction`` (mean, sum, none), ``weight``,
``ignore_index``, ``label_smoothing``, ``pos_weight``, and ``columns``, which says where the targets
are (auto, none, first, last, apart).

The answer is a stream of frames, each its length and then a message that ``live.message.message``
writes: the length of its head, the head as JSON, and the columns that it names. The head's ``kind``
is one of

- ``read``: ``rows``, ``classes``, ``notes`` (sentences), ``dtype`` (the format that the numbers
  name, or ""), ``header`` (names of the classes, or none), ``table`` (the numbers as texts, of few
  rows, else null), ``targets`` (those that stood beside them, as texts, or null);
- ``progress``: ``done`` rows ``of`` how many;
- ``result``, of the rows so far: ``done``, ``of``, ``summary`` (a sentence), ``reduced`` (a card
  for each form, and one for the accuracy), ``denominator`` (a card whose note has the parts, or
  null), ``advice`` (each a ``title``, a ``lead`` and a ``text`` of code), ``opens`` (the
  ``page`` on which a row opens, ``queries``, one for each row, "" where it cannot, and a ``note``
  on what is left out, or ""), ``layout`` and ``instruments`` as in `lab.answers`, and ``figures``.
  The worst rows, the worst first, are the positions of the first slider of the first instrument.
  ``layout.rows`` is a table with a line for each of them: its ``head``, and ``cells`` that are
  looked up at each position. ``layout.figures`` are histograms of all rows. The last of these has
  ``done`` == ``of``: a stream that ends without was cut off;
- ``report``: ``title``, ``text`` (sentences), ``first`` and ``link`` (``page``, ``query`` and
  ``label``, or null where no picture is like it);
- ``error``: ``field`` ("numbers", "targets", or the key of an option), ``text``, ``line`` and
  ``column`` (from 1; 0 where there is none). An error of an option says what is used instead, and
  the stream goes on; one of the numbers or of the targets ends it.

A file comes with the status 200, or, where it cannot be made, the stream of errors with 422.
"""
