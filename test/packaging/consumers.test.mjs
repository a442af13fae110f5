import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { compile, RESOLUTIONS } from './compiler.mjs'
import {
  ADAPTERS,
  createProject,
  evaluate,
  packAll,
  pinned,
  readJson,
  temporaryDirectory,
} from './tarballs.mjs'

const ISSUER = 'https://as.example.com'
const AUDIENCE = 'https://api.example.com'

let directory
let tarballs
let settings
let mint

before(async () => {
  directory = await temporaryDirectory()
  tarballs = await packAll(directory.path)
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), alg: 'ES256', kid: 'one' }] }
  settings = JSON.stringify({ issuer: ISSUER, audience: AUDIENCE, jwks })
  mint = (audience = AUDIENCE) =>
    new SignJWT({ client_id: 'reports-cron', scope: 'read' })
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: 'one' })
      .setIssuer(ISSUER)
      .setAudience(audience)
      .setSubject('reports-cron')
      .setIssuedAt()
      .setExpirationTime('5 min')
      .sign(privateKey)
})
after(() => directory.remove())

/** A project of somebody else, with an adapter and what stands beside it. */
async function createConsumer(name, framework, peers) {
  const packages = [tarballs.core, tarballs[framework], ...peers, await nodeTypes()]
  const project = await createProject(join(directory.path, name), ...packages)
  for (const files of ['consumers', 'types']) {
    await cp(fileURLToPath(new URL(files, import.meta.url)), project, { recursive: true })
  }
  await cp(join(project, `${framework}.ts`), join(project, `${framework}-commonjs.cts`))
  return project
}

async function nodeTypes() {
  return `@types/node@${(await readJson('package.json')).devDependencies['@types/node']}`
}

/** Starts the API of a consumer and asks it everything that there is to ask. */
async function ask(project, program) {
  const api = spawn(process.execPath, [program, settings], {
    cwd: project,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    const [port] = await Promise.race([once(api.stdout, 'data'), once(api, 'exit')])
    const get = async (path, token) => {
      const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
      const response = await fetch(`http://127.0.0.1:${Number(port)}${path}`, { headers })
      return `${response.status} ${await response.text()}`
    }
    return {
      nobody: await get('/reports'),
      caller: await get('/reports', await mint()),
      callerOfAnother: await get('/reports', await mint('https://another.example.com')),
      callerWithoutScope: await get('/admin', await mint()),
    }
  } finally {
    api.kill()
  }
}

const refused = (status, error, error_description) =>
  `${status} ${JSON.stringify({ error, error_description })}`

const ANSWERS = {
  nobody: refused(401, 'unauthorized', 'An access token is required.'),
  caller: '200 {"caller":"reports-cron"}',
  callerOfAnother: refused(401, 'invalid_token', 'The access token is not for this resource.'),
  callerWithoutScope: refused(
    403,
    'insufficient_scope',
    'The access token lacks a required scope.',
  ),
}

/** What stands beside an adapter: as the workspace has it, and the oldest that the adapter allows. */
const CONSUMERS = []
for (const framework of ADAPTERS) {
  const { peerDependencies } = await readJson('packages', framework, 'package.json')
  const newest = []
  const oldest = []
  for (const [peer, range] of Object.entries(peerDependencies)) {
    newest.push(`${peer}@${await pinned(peer)}`)
    oldest.push(`${peer}@${/\d+\.\d+\.\d+/.exec(range)[0]}`)
  }
  for (const peers of [newest, oldest]) {
    const name = peers.find((peer) => peer.startsWith(`${framework}@`)).replace('@', ' ')
    CONSUMERS.push({ name, framework, peers })
  }
}

for (const { name, framework, peers } of CONSUMERS) {
  describe(name, () => {
    let project
    before(async () => {
      project = await createConsumer(name, framework, peers)
    })

    test(`${name}: an API in TypeScript that becomes CommonJS`, async () => {
      const options = { ...RESOLUTIONS.nodenext, types: ['node'], outDir: 'commonjs' }
      assert.equal(await compile(project, [`${framework}-commonjs.cts`], options), '')
      assert.deepEqual(await ask(project, `commonjs/${framework}-commonjs.cjs`), ANSWERS)
    })

    for (const [resolution, options] of Object.entries(RESOLUTIONS)) {
      test(`${name}: an API in TypeScript that becomes ES modules (${resolution})`, async () => {
        const files = [`${framework}.ts`, 'core.test-d.ts', `${framework}.test-d.ts`]
        const all = { ...options, types: ['node'], outDir: resolution }
        assert.equal(await compile(project, files, all), '')
        assert.deepEqual(await ask(project, `${resolution}/${framework}.js`), ANSWERS)
      })
    }

    test(`${name}: what is imported and what is required are the same`, async () => {
      const program = `import { createRequire } from 'node:module'
        import * as imported from '@bearward/${framework}'
        const required = createRequire(import.meta.url)('@bearward/${framework}')
        const same = Object.keys(imported).every((name) => imported[name] === required[name])
        process.stdout.write(String(same))`
      assert.equal(await evaluate(project, program), 'true')
    })
  })
}
