/** A piece of text that a person reads, and the line on which it begins. */
export interface Text {
  readonly kind: 'docstring' | 'comment' | 'title' | 'message' | 'prose'
  readonly line: number
  readonly text: string
}

/** Returns the comments, the titles of tests and the messages of a TypeScript or JavaScript source. */
export function findTexts(source: string): Text[] {
  const titles = findTitles(source)
  const isTitle = ({ text }: Text) => titles.some((title) => title.text === text)
  const messages = findMessages(source).filter((message) => !isTitle(message))
  return [...findComments(source), ...titles, ...messages]
}

/** Returns the paragraphs, list items and headings of a Markdown document, without code blocks and tables. */
export function findProse(markdown: string): Text[] {
  const texts: Text[] = []
  let open: { line: number; parts: string[] } | undefined
  let isCode = false
  const close = () => {
    if (open) texts.push({ kind: 'prose', line: open.line, text: open.parts.join(' ') })
    open = undefined
  }
  for (const [index, line] of markdown.split('\n').entries()) {
    const isFence = /^\s*(?:```|~~~)/.test(line)
    if (isFence) isCode = !isCode
    if (isFence || isCode || /^\s*(?:\||<!--|$)/.test(line)) {
      close()
      continue
    }
    const start = /^\s*(?:#+|[-*]|\d+\.|>)\s+/.exec(line)
    if (start) close()
    open ??= { line: index + 1, parts: [] }
    open.parts.push(line.slice(start?.[0].length ?? 0).trim())
    if (line.startsWith('#')) close()
  }
  close()
  return texts
}

/** Returns the comments. Adjacent lines of `//` are one comment. Examples in docstrings are code, and are left out. */
function findComments(source: string): Text[] {
  const texts: Text[] = []
  let open: { kind: 'docstring' | 'comment'; line: number; parts: string[] } | undefined
  const close = () => {
    if (open) texts.push(...splitBlock(open.kind, open.line, open.parts))
    open = undefined
  }
  let isBlock = false
  for (const [index, line] of source.split('\n').entries()) {
    const slashes = /^\s*\/\/(?!\/)\s?(.*)$/.exec(line)
    if (!isBlock && slashes) {
      if (/oxlint-disable|@ts-|#region|#endregion/.test(line)) continue
      open ??= { kind: 'comment', line: index + 1, parts: [] }
      open.parts.push(slashes[1]!)
      continue
    }
    if (!isBlock) close()
    const start = /^\s*\/\*(\*?)/.exec(line)
    if (!isBlock && start) {
      isBlock = true
      open = { kind: start[1] ? 'docstring' : 'comment', line: index + 1, parts: [] }
    }
    if (!isBlock) continue
    open!.parts.push(line.replace(/^\s*(?:\/\*\*?|\*(?!\/))?\s?/, '').replace(/\s*\*\/.*$/, ''))
    if (line.includes('*/')) {
      isBlock = false
      close()
    }
  }
  close()
  return texts
}

/** Splits a comment into paragraphs and list items. Lines of code in it are left out. */
function splitBlock(
  kind: 'docstring' | 'comment',
  line: number,
  lines: readonly string[],
): readonly Text[] {
  const texts: Text[] = []
  let parts: string[] = []
  let first = line
  let isCode = false
  let isExample = false
  const close = () => {
    // Only the beginning of a docstring has to be a verb or a noun.
    const isFirst = texts.length === 0
    if (parts.length > 0)
      texts.push({ kind: isFirst ? kind : 'comment', line: first, text: parts.join(' ') })
    parts = []
  }
  for (const [index, content] of lines.entries()) {
    if (/^\s*```/.test(content)) isCode = !isCode
    const tag = /^\s*@(\w+)\s*/.exec(content)
    if (tag) isExample = ['example', 'see', 'default', 'packageDocumentation'].includes(tag[1]!)
    const item = /^\s*(?:[-*]|\d+\.)\s+/.exec(content)
    if (tag || item || content.trim() === '' || /^\s*(?:```|\|)/.test(content)) close()
    if (isCode || isExample || content.trim() === '' || /^\s*(?:```|\|)/.test(content)) continue
    if (parts.length === 0) first = line + index
    parts.push(content.slice((tag ?? item)?.[0].length ?? 0).trim())
  }
  close()
  return texts
}

const QUOTED =
  String.raw`(?:'((?:\\.|[^'\\\n])*)'|"((?:\\.|[^"\\\n])*)"|` + '`((?:\\\\.|[^`\\\\])*)`)'

/** Returns the titles of single tests, such as `it('...')` and `it.each(...)('...')`. Titles of groups are
 * not returned, because they are not sentences. */
function findTitles(source: string): Text[] {
  const title = new RegExp(
    String.raw`(\b(?:it|test)|\b(?:it|test)\.(?:each|for)\b[^;]{0,400}?\))\(\s*${QUOTED}`,
    'g',
  )
  return [...source.matchAll(title)].map((match) => ({
    kind: 'title',
    line: lineAt(source, match.index),
    text: match[2] ?? match[3] ?? match[4] ?? '',
  }))
}

/** Returns the strings with at least four words. Most of them are messages. */
function findMessages(source: string): Text[] {
  const code = source.replace(/^\s*(?:\/\/|\/?\*).*$/gm, '')
  return [...code.matchAll(new RegExp(QUOTED, 'g'))]
    .map((match) => ({
      kind: 'message' as const,
      line: lineAt(code, match.index),
      text: (match[1] ?? match[2] ?? match[3] ?? '').replaceAll('\n', ' '),
    }))
    .filter(({ text }) => /(?:[a-z]+[,;:]? ){3}[a-z]/.test(text))
}

function lineAt(source: string, index: number): number {
  return source.slice(0, index).split('\n').length
}
