import { playWholeStory } from './play.ts'
import { serve } from './serve.ts'

const USAGE = `Usage: npm run demo [-- --serve]

  Tells the story of who may come in, and fails where an answer is not as told.
  --serve   leaves the authorization server and the API running, to be tried by hand`

const [option, ...more] = process.argv.slice(2)
if (more.length > 0) {
  refuse(`Unknown argument: ${more[0]}`)
} else if (option === undefined) {
  process.exitCode = (await playWholeStory()) ? 0 : 1
} else if (option === '--serve') {
  await serve()
} else if (option === '--help') {
  console.log(USAGE)
} else {
  refuse(`Unknown argument: ${option}`)
}

function refuse(problem: string): void {
  console.error(`${problem}\n\n${USAGE}`)
  process.exitCode = 2
}
