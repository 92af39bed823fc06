import { parsers } from 'prettier/plugins/yaml';

/** What Prettier's parser gives; of anchors and tags, which no file here has, it tells elsewhere. */
interface YamlNode {
  type: string;
  value?: string;
  children?: (YamlNode | null)[];
}

/**
 * The documents of a YAML text as JSON values, empty ones left out.
 * @throws SyntaxError where it is no YAML; Error where it uses what is not read here
 */
export async function parseYaml(text: string): Promise<unknown[]> {
  const parse = parsers.yaml.parse as (text: string, options: object) => unknown;
  const root = (await parse(text, { originalText: text })) as YamlNode;
  return childrenOf(root)
    .map((document) => childrenOf(document).find(({ type }) => type === 'documentBody'))
    .map((body) => valueOf(body && childrenOf(body)[0]))
    .filter((document) => document !== null);
}

function childrenOf({ children = [] }: YamlNode): YamlNode[] {
  return children.filter((child) => child !== null);
}

function valueOf(node: YamlNode | undefined): unknown {
  if (!node) return null;
  const { type, value = '' } = node;
  switch (type) {
    case 'mapping':
    case 'flowMapping':
      return Object.fromEntries(childrenOf(node).map(entryOf));
    case 'sequence':
    case 'flowSequence':
      return childrenOf(node).map(valueOf);
    case 'sequenceItem':
    case 'flowSequenceItem':
      return valueOf(childrenOf(node)[0]);
    case 'plain':
      return plainValue(value);
    case 'quoteDouble':
    case 'quoteSingle':
    case 'blockLiteral':
    case 'blockFolded':
      return value;
    case 'null':
      return null;
    default:
      throw new Error(`YAML of type ${type} is not read here.`);
  }
}

function entryOf(item: YamlNode): [string, unknown] {
  const part = (type: string): unknown => {
    const found = childrenOf(item).find((child) => child.type === type);
    return valueOf(found && childrenOf(found)[0]);
  };
  return [String(part('mappingKey')), part('mappingValue')];
}

/** The core schema of YAML 1.2: https://yaml.org/spec/1.2.2/#103-core-schema */
function plainValue(text: string): unknown {
  if (/^(|~|null|Null|NULL)$/.test(text)) return null;
  if (/^(true|True|TRUE|false|False|FALSE)$/.test(text)) return text.toLowerCase() === 'true';
  if (/^[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?$/.test(text)) return Number(text);
  return text;
}
