const NOTHING = { type: 'object' as const, properties: {} }
const TEXT = {
  type: 'object' as const,
  properties: { text: { type: 'string' as const, minLength: 1 } },
  required: ['text'],
}

/** A tool of the servers. */
export interface NotesTool {
  readonly name: string
  readonly description: string
  readonly inputSchema: typeof TEXT | typeof NOTHING
  /** Runs the tool. `owner` is the `subjectKey` of the caller, who owns the notes. Returns a text. */
  readonly run: (owner: string, input: { readonly text?: string }) => string
}

/** Creates the tools for a new store of notes in memory. Each owner has their own notes. */
export function createTools(): readonly NotesTool[] {
  const notes = new Map<string, readonly string[]>()
  const notesOf = (owner: string) => notes.get(owner) ?? []
  return [
    {
      name: 'search_notes',
      description: 'Returns your notes that contain a text.',
      inputSchema: TEXT,
      run: (owner, { text = '' }) =>
        notesOf(owner)
          .filter((note) => note.includes(text))
          .join('\n'),
    },
    {
      name: 'add_note',
      description: 'Adds a note.',
      inputSchema: TEXT,
      run(owner, { text = '' }) {
        notes.set(owner, [...notesOf(owner), text])
        return 'The note was added.'
      },
    },
    {
      name: 'purge_notes',
      description: 'Deletes the notes of all owners.',
      inputSchema: NOTHING,
      run() {
        notes.clear()
        return 'All notes were deleted.'
      },
    },
  ]
}
