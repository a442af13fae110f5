import assert from 'node:assert/strict'
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { compile, RESOLUTIONS } from './compiler.mjs'
import {
  createProject,
  createTemporaryDirectory,
  evaluate,
  packAll,
  ROOT,
  withVersions,
} from './tarballs.mjs'

/** Route handlers of Next.js by path. */
const ROUTES = {
  'app/reports/route.ts': `import { NextRequest } from 'next/server'
    import { protect } from '@/bearward'
    export const GET = protect({ scope: 'read:reports' }, (request: NextRequest, { token }) =>
      Response.json([request.nextUrl.pathname, token.clientId]),
    )
    export const POST = protect({ optional: true }, (_request, { token }) =>
      Response.json(token?.clientId),
    )\n`,

  'app/documents/route.ts': `import { createBearward } from '@bearward/fetch'
    const { cors, metadata, protect } = createBearward({
      issuer: 'https://as.example.com',
      resource: 'https://api.example.com',
      metadata: {},
    })
    export const GET = metadata()
    export const POST = cors({ origins: '*' }, protect({}, () => new Response()))
    export const OPTIONS = POST\n`,

  'app/mcp/route.ts': `import { createBearward } from '@bearward/fetch'
    import { createMcpGuard } from '@bearward/mcp'
    const bearward = createBearward({
      issuer: 'https://as.example.com',
      resource: 'https://api.example.com/mcp',
    })
    const { protect } = createMcpGuard(bearward, { tools: { search: {} } })
    export const POST = protect((request, { authInfo, parsedBody }) =>
      Response.json([request.url, authInfo?.clientId, parsedBody]),
    )
    export const GET = POST
    export const DELETE = POST\n`,
}

const MCP_ON_BUN = `import { POST } from './app/mcp/route'
  Bun.serve({ routes: { '/mcp': POST } })
  export default { fetch: (request: Request) => POST(request) }\n`

const WRONG_ROUTE = `import { protect } from '@/bearward'
  interface Context { readonly params: Promise<{ readonly name: string }> }
  export const GET = protect({}, async (_request, _granted, { params }: Context) =>
    Response.json((await params).name),
  )\n`

/** The types that SvelteKit generates for the route `src/routes/reports/[id]`. */
const SVELTE_TYPES = `import type * as Kit from '@sveltejs/kit'
  type RouteParams = { id: string }
  export type RequestHandler = Kit.RequestHandler<RouteParams>
  export type RequestEvent = Kit.RequestEvent<RouteParams>\n`

const WRONG_SVELTE = `import { protect } from '#lib/server/bearward'
  import type { RequestHandler } from './reports/[id]/$types'
  // @ts-expect-error: SvelteKit passes an event, not a Request
  export const GET: RequestHandler = protect({}, () => new Response())\n`

const WRONG_BUN = `import { protect } from './bearward'
  const handler = protect({}, (request: Bun.BunRequest<'/:name'>) =>
    Response.json(request.params.name),
  )
  // @ts-expect-error: the route does not have the parameter
  Bun.serve({ routes: { '/:id': handler } })\n`

const OPTIONS = {
  ...RESOLUTIONS.bundler,
  lib: ['ES2022', 'DOM', 'DOM.Iterable'],
  paths: { '@/*': ['./*'], '#lib/*': ['./src/lib/*'] },
  // The types of Next.js and SvelteKit need optional packages, which are not installed.
  skipLibCheck: true,
  noEmit: true,
}

let directory
let project

/** Returns a program of docs/fetch.md by its heading. */
async function readProgram(heading) {
  const page = await readFile(join(ROOT, 'docs/fetch.md'), 'utf8')
  const section = page.split(/^#+ /m).find((text) => text.startsWith(`${heading}\n`))
  return /^```[jt]s\n([^]*?)^```$/m.exec(section)[1]
}

async function write(path, text) {
  const file = join(project, path)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, text)
}

before(async () => {
  directory = await createTemporaryDirectory()
  const { core, fetch, mcp } = await packAll(directory.path)
  project = join(directory.path, 'handlers')
  await mkdir(project)
  // Without their optional and peer dependencies, the frameworks have half the size. The types that the tests use are still
  // complete.
  await writeFile(join(project, '.npmrc'), 'omit=optional\nlegacy-peer-deps=true\n')
  const names = ['@sveltejs/kit', '@types/node', '@types/react', 'bun-types', 'next']
  await createProject(project, core, fetch, mcp, ...(await withVersions(...names)))
  await write(
    'bearward.ts',
    await readProgram('Next.js, SvelteKit, Deno, Bun and other web handlers'),
  )
  await cp(join(project, 'bearward.ts'), join(project, 'src/lib/server/bearward.ts'))
  await write('app/reports/[id]/route.ts', await readProgram('Next.js'))
  for (const [path, text] of Object.entries(ROUTES)) await write(path, text)
  await write('src/routes/reports/[id]/+server.ts', await readProgram('SvelteKit'))
  await write('src/routes/reports/[id]/$types.d.ts', SVELTE_TYPES)
  await write('src/routes/wrong.ts', WRONG_SVELTE)
  await write('bun.ts', await readProgram('Bun'))
  await write('wrong-bun.ts', WRONG_BUN)
  await write('mcp-bun.ts', MCP_ON_BUN)
})
after(() => directory.remove())

/**
 * Generates the types of the routes of Next.js, and compiles the routes with them. Returns the errors. The command `next typegen`
 * calls the same functions, but first downloads its compiler.
 */
async function compileRoutes(...paths) {
  await mkdir(join(project, '.next/types'), { recursive: true })
  const program = `import utilities from 'next/dist/server/lib/router-utils/route-types-utils.js'
    import typegen from 'next/dist/server/lib/router-utils/typegen.js'
    import { writeFileSync } from 'node:fs'
    import { resolve } from 'node:path'
    const none = { pageRoutes: [], appRoutes: [], pageApiRoutes: [], layoutRoutes: [], slots: [] }
    const routes = ${JSON.stringify(paths)}
    const manifest = await utilities.createRouteTypesManifest({
      ...none,
      dir: process.cwd(),
      appRouteHandlers: routes.map((route) => ({ route, filePath: resolve('app' + route, 'route.ts') })),
      validatorFilePath: resolve('.next/types/validator.ts'),
    })
    writeFileSync('.next/types/routes.d.ts', typegen.generateRouteTypesFile(manifest))
    writeFileSync('.next/types/validator.ts', typegen.generateValidatorFile(manifest))`
  assert.equal(await evaluate(project, program), '')
  const files = ['.next/types/routes.d.ts', '.next/types/validator.ts']
  return compile(project, files, { ...OPTIONS, types: ['node', 'react'], jsx: 'react-jsx' })
}

test('handlers: results of protect, metadata and cors are route handlers of Next.js', async () => {
  assert.equal(await compileRoutes('/reports', '/reports/[id]', '/documents'), '')
})

test('handlers: results of protect of an MCP guard are route handlers of Next.js', async () => {
  assert.equal(await compileRoutes('/mcp'), '')
})

test('handlers: the type of Next.js rejects a handler with parameters that the route does not have', async () => {
  await write('app/wrong/[id]/route.ts', WRONG_ROUTE)
  assert.match(await compileRoutes('/wrong/[id]'), /validator\.ts.* error TS2344/)
})

test('handlers: the program for SvelteKit matches RequestHandler', async () => {
  const files = ['src/routes/reports/[id]/+server.ts', 'src/routes/wrong.ts']
  assert.equal(await compile(project, files, { ...OPTIONS, types: ['node'] }), '')
})

test('handlers: the program for Bun matches the routes of Bun.serve', async () => {
  assert.equal(
    await compile(project, ['bun.ts', 'wrong-bun.ts'], { ...OPTIONS, types: ['bun-types'] }),
    '',
  )
})

test('handlers: results of protect of an MCP guard match the routes of Bun.serve', async () => {
  assert.equal(await compile(project, ['mcp-bun.ts'], { ...OPTIONS, types: ['bun-types'] }), '')
})
