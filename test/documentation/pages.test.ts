import { describe, expect, it } from 'vitest'
import { filesBelow, read } from '../repository/files.ts'
import { compileSnippets, readSnippets, withConfiguration } from './snippets.ts'

const MIGRATING = 'docs/migrating.md'
const WORKERS = 'docs/cloudflare-workers.md'
const FOR_WORKERS = {
  noImplicitOverride: false, // JavaScript has no `override`.
  lib: ['ES2024'],
  types: ['@cloudflare/workers-types', '../../documentation/worker-bindings.d.ts'],
}
const FETCH = 'docs/fetch.md'
const MCP = 'docs/mcp.md'
const FOR_MCP = {
  exactOptionalPropertyTypes: false, // The SDK passes `undefined` for optional members.
  types: ['node', '../../documentation/koa-body.d.ts'],
}
const OWN_PROJECT = [MIGRATING, WORKERS, FETCH, MCP]
/** Snippets that need large packages. The test `test/packaging/handlers.test.mjs` compiles them. */
const COMPILED_WITH_THEIR_TYPES = ['Next.js', 'SvelteKit', 'Bun']
const PAGES = filesBelow('docs').filter((path) => path.endsWith('.md'))

describe('pages', () => {
  // Snippets are compiled in several projects, because packages declare different types of the same name.
  it.each([
    // express-oauth2-jwt-bearer and @bearward/express/req-auth declare `req.auth`.
    ['of docs/migrating.md', 'migrating', [MIGRATING], {}],
    // The types of Workers declare `Request` and `Response`, as the DOM does.
    ['of docs/cloudflare-workers.md', 'workers', [WORKERS], FOR_WORKERS],
    // The types of GraphQL Yoga do not fit `exactOptionalPropertyTypes`.
    ['of docs/fetch.md', 'fetch', [FETCH], { types: ['node', 'deno'], skipLibCheck: true }],
    ['of docs/mcp.md', 'mcp', [MCP], FOR_MCP],
    [
      'of the pages that share a project',
      'pages',
      PAGES.filter((path) => !OWN_PROJECT.includes(path)),
      {},
    ],
  ])('every snippet %s compiles', async (_name, folder, pages, options) => {
    const snippets = pages.flatMap((path) =>
      readSnippets(path).map(({ heading, code }, index) => {
        const name = `${path.slice(5, -3)}-${index + 1}`
        const isElsewhere = path === FETCH && COMPILED_WITH_THEIR_TYPES.includes(heading)
        return isElsewhere ? [] : [name, withConfiguration(code, './fetch-1.mts')]
      }),
    )
    expect(snippets.length).toBeGreaterThan(0)
    // Parameters in JavaScript do not have types.
    const errors = await compileSnippets(
      folder,
      Object.fromEntries(snippets.filter(([name]) => name !== undefined)) as Record<string, string>,
      { noImplicitAny: false, ...options },
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
