/**
 * Removes from WordprocessingML what says nothing about the text. It makes the tree that is built
 * from it several times smaller, and keeps bold runs and bookmarks out of the Markdown. Formulas,
 * which the converter would drop, become runs of text.
 */
export function slimWordXml(xml: string): string {
  return (
    xml
      .replace(/<m:oMath(?:\s[^>]*)?>[^]*?<\/m:oMath>/g, formulaRun)
      .replace(/<\/?m:oMathPara(?:\s[^>]*)?>/g, '')
      .replace(/<m:oMathParaPr>[^]*?<\/m:oMathParaPr>/g, '')
      .replace(/<w:(rPrChange|pPrChange|sectPrChange|tblPrChange)\b[^]*?<\/w:\1>/g, '')
      .replace(/<w:rPr\/>|<w:rPr>[^]*?<\/w:rPr>/g, '')
      .replace(/<w:(?:proofErr|lastRenderedPageBreak|bookmarkStart|bookmarkEnd)\b[^>]*\/>/g, '')
      .replace(/ w:rsid\w*="[^"]*"| w14:(?:paraId|textId)="[^"]*"/g, '')
      .replace(/<w:t>/g, '<w:t xml:space="preserve">')
      // Word starts a new run at every correction; without formatting they are one.
      .replace(/<\/w:t><\/w:r>\s*<w:r><w:t xml:space="preserve">/g, '')
  );
}

/** A formula of Office MathML in one line: `sin θ=mλ/a`, `10^-6`. */
function formulaRun(formula: string): string {
  const text = formula
    .replace(/<m:(\w+)Pr(?:\s[^>]*)?>[^]*?<\/m:\1Pr>/g, '')
    .replace(/<\/m:num>/g, '/')
    .replace(/<m:sup(?:\s[^>]*)?>/g, '^')
    .replace(/<m:sub(?:\s[^>]*)?>/g, '_')
    .replace(/<m:rad(?:\s[^>]*)?>/g, '√')
    .replace(/<m:d>/g, '(')
    .replace(/<\/m:d>/g, ')')
    .replace(/<[^>]*>/g, '')
    // Function application, invisible, stands between a function's name and its argument.
    .replace(/\u2061/g, ' ');
  return `<w:r><w:t xml:space="preserve">${text}</w:t></w:r>`;
}
