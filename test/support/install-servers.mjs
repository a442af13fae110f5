// Installs the servers that the tests of `@bearward/redis` start: redis-server 7.0 or later, and valkey-server. Does nothing for
// a server that is on the PATH. Installs Debian and Ubuntu packages, as root or in CI with sudo. Fails if a server is missing
// afterwards, because the tests are never skipped.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const SERVERS = ['redis-server', 'valkey-server']

const isInstalled = (server) => spawnSync(server, ['--version']).status === 0
const listMissing = () => SERVERS.filter((server) => !isInstalled(server))

/** The installation must not ask questions. The tests start their own servers, and do not use the services of these packages. */
const ENVIRONMENT = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }

function apt(...args) {
  const command = ['apt-get', '-o', 'DPkg::Lock::Timeout=300', '-q', '-y', ...args]
  const isRoot = process.getuid?.() === 0
  const [program, ...rest] = isRoot ? command : ['sudo', '-n', '-E', ...command]
  execFileSync(program, rest, { env: ENVIRONMENT, stdio: ['ignore', 'inherit', 'inherit'] })
}

/** Returns a value of `/etc/os-release`, such as `bookworm` for `VERSION_CODENAME`. */
const getRelease = (name) =>
  new RegExp(`^${name}=(.*)$`, 'm').exec(readFileSync('/etc/os-release', 'utf8'))?.[1]

const hasPackage = (name) =>
  /Candidate: \d/.test(execFileSync('apt-cache', ['policy', name], { encoding: 'utf8' }))

/** Returns the address of the archive from which the machine installs the packages of its release. */
function getArchive(codename) {
  const format = ['--format', '$(RELEASE) $(REPO_URI)']
  const targets = execFileSync('apt-get', ['indextargets', ...format], { encoding: 'utf8' })
  return new RegExp(`^${codename} (\\S+)$`, 'm').exec(targets)?.[1]
}

/** Installs a package that Debian 12 has only in its backports. Keeps the package lists of the machine. */
function installFromBackports(name) {
  const directory = mkdtempSync(join(tmpdir(), 'backports-'))
  const codename = getRelease('VERSION_CODENAME')
  const suite = `${codename}-backports`
  const list = join(directory, 'backports.list')
  const lists = join(directory, 'lists')
  mkdirSync(join(lists, 'partial'), { recursive: true })
  writeFileSync(list, `deb ${getArchive(codename)} ${suite} main\n`)
  const options = ['-o', `Dir::Etc::sourcelist=${list}`, '-o', `Dir::State::lists=${lists}`]
  try {
    apt(...options, 'update')
    apt(...options, 'install', '--no-install-recommends', '-t', suite, name)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

function install(missing) {
  apt('update')
  for (const name of missing) {
    if (hasPackage(name)) apt('install', '--no-install-recommends', name)
    else if (getRelease('ID') === 'debian') installFromBackports(name)
  }
}

const missing = listMissing()
const mayInstall = process.getuid?.() === 0 || process.env.CI !== undefined
if (missing.length > 0 && mayInstall && spawnSync('apt-get', ['--version']).status === 0)
  install(missing)
const stillMissing = listMissing()
if (stillMissing.length > 0) {
  process.stderr.write(
    `The tests need ${stillMissing.join(' and ')}: install them, so that they are on the PATH. ` +
      'The minimum versions are Redis 7.0 and Valkey 7.2.\n',
  )
  process.exitCode = 1
}
