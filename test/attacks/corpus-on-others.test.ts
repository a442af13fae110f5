import { FRAMEWORKS } from '../frameworks.ts'
import { runCorpus } from './run-corpus.ts'

// Other files test Express and Koa, so that tests can run on several cores.
const OTHERS = FRAMEWORKS.filter(({ adapter }) => adapter !== 'express' && adapter !== 'koa')
for (const framework of OTHERS) runCorpus(framework)
