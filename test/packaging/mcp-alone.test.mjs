import assert from 'node:assert/strict'
import { cp, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createIssuer } from './api.mjs'
import { compile, RESOLUTIONS } from './compiler.mjs'
import {
  createProject,
  createTemporaryDirectory,
  evaluate,
  packAll,
  withVersions,
} from './tarballs.mjs'

/** File of types of each entry point, and the only packages that the entry point needs. */
const ENTRIES = {
  '@bearward/mcp': { types: 'mcp.test-d.ts', adapter: 'fetch', others: [] },
  '@bearward/mcp/express': {
    types: 'mcp-express.test-d.ts',
    adapter: 'express',
    others: ['@types/express', 'express'],
  },
  '@bearward/mcp/fastify': {
    types: 'mcp-fastify.test-d.ts',
    adapter: 'fastify',
    others: ['fastify'],
  },
  '@bearward/mcp/hono': { types: 'mcp-hono.test-d.ts', adapter: 'fetch', others: ['hono'] },
  '@bearward/mcp/koa': {
    types: 'mcp-koa.test-d.ts',
    adapter: 'koa',
    others: ['@types/koa', 'koa'],
  },
}

let directory
let tarballs

before(async () => {
  directory = await createTemporaryDirectory()
  tarballs = await packAll(directory.path)
})
after(() => directory.remove())

/**
 * Returns whether the types of an entry are compiled with a setting. TypeScript 5 takes several seconds, so only one entry is compiled
 * with all settings of TypeScript 5.
 */
const isCompiled = (entry, { typescript, moduleResolution }) =>
  typescript !== 5 || entry === '@bearward/mcp' || moduleResolution === 'node'

const copyTypes = (project, file) =>
  cp(fileURLToPath(new URL(`types/${file}`, import.meta.url)), join(project, file))

/** Returns the names of all packages in `node_modules` of a project. */
async function listInstalled(project) {
  const { packages } = JSON.parse(await readFile(join(project, 'package-lock.json'), 'utf8'))
  const paths = Object.keys(packages).filter((path) => path !== '')
  return paths.map((path) => path.slice(path.lastIndexOf('node_modules/') + 13))
}

for (const [entry, { types, adapter, others }] of Object.entries(ENTRIES)) {
  describe(entry, () => {
    let project
    before(async () => {
      // The types of frameworks for Node need the types of Node.
      const packages = await withVersions(...others, ...(others.length > 0 ? ['@types/node'] : []))
      const own = [tarballs.core, tarballs.mcp, tarballs[adapter]]
      project = await createProject(join(directory.path, types), ...own, ...packages)
      await copyTypes(project, types)
    })

    test(`${entry}: installs no SDK, and no adapter other than ${adapter}`, async () => {
      const scope = await readdir(join(project, 'node_modules/@bearward'))
      assert.deepEqual(new Set(scope), new Set(['core', 'mcp', adapter]))
      const installed = await listInstalled(project)
      assert.deepEqual(
        installed.filter((name) => name.startsWith('@modelcontextprotocol/')),
        [],
      )
      if (others.length === 0) {
        const foreign = installed.filter((name) => !name.startsWith('@bearward/'))
        assert.deepEqual(foreign, [])
      }
    })

    test(`${entry}: import and require work if no framework other than its own is installed`, async () => {
      const program = `import { createRequire } from 'node:module'
        const imported = await import('${entry}')
        const required = createRequire(import.meta.url)('${entry}')
        const same = imported.createMcpGuard === required.createMcpGuard
        process.stdout.write(String(same))`
      assert.equal(await evaluate(project, program), 'true')
    })

    for (const [name, resolution] of Object.entries(RESOLUTIONS)) {
      if (!isCompiled(entry, resolution)) continue
      test(`${entry}: types compile without an SDK, and without other frameworks (${name})`, async () => {
        const lib = ['ES2022', 'DOM', 'DOM.Iterable']
        const options = { ...resolution, lib, types: others.length > 0 ? ['node'] : [] }
        assert.equal(await compile(project, [types], { ...options, noEmit: true }), '')
      })
    }
  })
}

test('mcp: a guard grants and refuses requests if no framework is installed', async () => {
  const own = [tarballs.core, tarballs.mcp, tarballs.fetch]
  const project = await createProject(join(directory.path, 'guard'), ...own)
  const { options, mint } = await createIssuer()
  const program = `import { createBearward } from '@bearward/fetch'
    import { createMcpGuard } from '@bearward/mcp'
    const bearward = createBearward({ ...${options}, logger: false })
    const { protect } = createMcpGuard(bearward, {
      scope: 'read',
      tools: { list: {}, purge: { scope: 'admin' } },
      origins: [],
    })
    const handle = protect((_request, { authInfo, parsedBody }) =>
      Response.json([authInfo.clientId, parsedBody.params.name]),
    )
    const call = async (name, token) => {
      const headers = token === undefined ? {} : { authorization: 'Bearer ' + token }
      const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name } })
      const request = new Request('https://notes.example.com/mcp', { method: 'POST', headers, body })
      const response = await handle(request)
      return [response.status, response.ok ? await response.json() : '']
    }
    const token = '${await mint()}'
    const results = [await call('list', token), await call('purge', token), await call('list')]
    process.stdout.write(JSON.stringify(results))`
  assert.equal(
    await evaluate(project, program),
    '[[200,["reports-cron","list"]],[403,""],[401,""]]',
  )
})
