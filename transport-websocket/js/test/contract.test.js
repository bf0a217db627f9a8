// The contract, from Node, over WebSocket; and that no case of it was forgotten.
import { readFileSync, readdirSync } from 'node:fs';
import { describe, it } from 'node:test';
import { casesFor, casesThatDoNotApply, contractsThatDoNotApply } from './cases.js';
import { options, peers } from './peers.js';
import { truth } from './support.js';

const CONTRACTS = new URL('../../../libchan-testkit/src/main/java/io/libchan/testkit/', import.meta.url);
const cases = casesFor(peers, options);

describe('contract', { concurrency: 4 }, () => {
  for (const { name, route, run } of cases) {
    it(`${name} (${route})`, { timeout: 60000 }, run);
  }

  it('every case of the Java contracts is run, or does not apply for a reason', () => {
    const known = new Set([...cases.map(({ name }) => name), ...Object.keys(casesThatDoNotApply)]);
    const written = readdirSync(CONTRACTS).filter((file) => file.endsWith('Contract.java')).flatMap((file) => {
      const contract = file.slice(0, -'.java'.length);
      const source = readFileSync(new URL(file, CONTRACTS), 'utf8');
      const names = source.split(/^ *@(?:Parameterized|Repeated)?Test\b/m).slice(1).map((rest) => /void (\w+)\(/.exec(rest)[1]);
      return contract in contractsThatDoNotApply ? [] : names.map((name) => `${contract}.${name}`);
    });
    truth(written.length > 100, `only ${written.length} cases found`);
    const missing = written.filter((name) => !known.has(name));
    const gone = [...known].filter((name) => !written.includes(name));
    truth(missing.length === 0, `neither run nor explained: ${missing}`);
    truth(gone.length === 0, `no such case in Java: ${gone}`);
  });
});
