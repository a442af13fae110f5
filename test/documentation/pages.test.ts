import { describe, expect, it } from 'vitest'
import { filesBelow, read } from '../repository/files.ts'
import { compileSnippets, readSnippets } from './snippets.ts'

const PAGES = filesBelow('docs').filter((path) => path.endsWith('.md'))

describe('pages', () => {
  // Snippets are compiled in two projects, because two packages declare different types of `req.auth`.
  // These are express-oauth2-jwt-bearer in docs/migrating.md, and @bearward/express/req-auth.
  it.each([
    ['of docs/migrating.md', 'migrating', PAGES.filter(isAboutMigration)],
    ['of all other pages', 'pages', PAGES.filter((path) => !isAboutMigration(path))],
  ])('every snippet %s compiles', async (_name, folder, pages) => {
    const snippets = pages.flatMap((path) =>
      readSnippets(path).map(({ code }, index) => [`${path.slice(5, -3)}-${index + 1}`, code]),
    )
    expect(snippets.length).toBeGreaterThan(0)
    // Parameters in JavaScript do not have types.
    const errors = await compileSnippets(
      folder,
      Object.fromEntries(snippets) as Record<string, string>,
      { noImplicitAny: false },
    )
    expect(errors).toBe('')
  })

  it.each(PAGES)(
    '%s begins with its only title, and its text has lines of at most 130 characters',
    (path) => {
      const lines = read(path).split('\n')
      const code = lines.map((line) => (line.startsWith('```') ? '```' : line)).join('\n')
      const prose = code.replaceAll(/^```[^]*?^```$/gm, '').split('\n')
      expect(prose.filter((line) => line.startsWith('# '))).toEqual([lines[0]])
      expect(prose.filter((line) => line.length > 130 && !/^\s*\||^<|\]: /.test(line))).toEqual([])
    },
  )

  it.each(['README.md', ...PAGES])(
    'the relative links of %s lead to files and headings that exist',
    (path) => {
      const broken = [
        ...read(path)
          .replaceAll(/^```[^]*?^```$/gm, '')
          .matchAll(/\]\(([^)\s]+)\)/g),
      ]
        .map(([, target]) => target!)
        .filter((target) => !/^https?:/.test(target))
        .filter((target) => !isFound(path, target))
      expect(broken).toEqual([])
    },
  )
})

function isAboutMigration(path: string): boolean {
  return path === 'docs/migrating.md'
}

function isFound(from: string, target: string): boolean {
  const [file, anchor] = target.split('#') as [string, string?]
  const path = file === '' ? from : resolve(from, file)
  let text: string
  try {
    text = read(path)
  } catch {
    return false
  }
  return anchor === undefined || getAnchors(text).includes(anchor)
}

function resolve(from: string, relative: string): string {
  return new URL(relative, `file:///${from}`).pathname.slice(1)
}

/** Returns the anchors that GitHub gives to the headings of a document. */
function getAnchors(markdown: string): readonly string[] {
  return [...markdown.matchAll(/^#+ (.*)$/gm)].map(([, title]) =>
    title!
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  )
}
