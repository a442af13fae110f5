import Koa from 'koa2'
import { onKoa } from '../support/on-koa.ts'
import { runCorpus } from './run-corpus.ts'

runCorpus(onKoa('Koa 2', () => new Koa()))
