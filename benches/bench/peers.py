"""The sheets of peers.rs by other tools: python3 peers.py TOOL CODES.CSV COUNT OUT.PDF"""

import csv
import itertools
import sys

PER_PAGE = 8
PAGE_MM = (210.0, 297.0)
CODES_MM = ((17.6, 125.0), (13.05, 245.0))
MM = 72 / 25.4


def matrix_of_segno(text):
    import segno

    return segno.make(text, error="m", boost_error=False, micro=False).matrix


def matrix_of_qrcode(text):
    import qrcode

    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=0)
    code.add_data(text)
    code.make(fit=True)
    return code.get_matrix()


def by_reportlab(bands, out, matrix_of):
    from reportlab.pdfgen import canvas

    sheet = canvas.Canvas(out, pagesize=(PAGE_MM[0] * MM, PAGE_MM[1] * MM), pageCompression=1)
    for number, (serial, *texts) in enumerate(bands):
        if number and number % PER_PAGE == 0:
            sheet.showPage()
        middle = 3.4 + 25.4 * (number % PER_PAGE + 0.5)
        for text, (side, top) in zip(texts, CODES_MM):
            matrix = matrix_of(text)
            module = side / len(matrix)
            path = sheet.beginPath()
            for y, row in enumerate(matrix):
                for x, dark in enumerate(row):
                    if dark:
                        left, bottom = middle - side / 2 + x * module, PAGE_MM[1] - top - (y + 1) * module
                        path.rect(left * MM, bottom * MM, module * MM, module * MM)
            sheet.drawPath(path, stroke=0, fill=1)
        sheet.setFont("Helvetica-Bold", 10)
        sheet.drawString((middle - 10) * MM, 80 * MM, serial)
    sheet.save()


def by_typst(bands, out):
    import segno
    import typst

    lines = [f"#set page(width: {PAGE_MM[0]}mm, height: {PAGE_MM[1]}mm, margin: 0mm)"]
    for number, (serial, *texts) in enumerate(bands):
        if number and number % PER_PAGE == 0:
            lines.append("#pagebreak()")
        middle = 3.4 + 25.4 * (number % PER_PAGE + 0.5)
        for text, (side, top) in zip(texts, CODES_MM):
            code = segno.make(text, error="m", boost_error=False, micro=False)
            svg = code.svg_inline(border=0).replace('"', "'").replace("<svg", "<svg xmlns='http://www.w3.org/2000/svg'", 1)
            place = f"dx: {middle - side / 2}mm, dy: {top}mm"
            lines.append(f'#place({place}, image(bytes("{svg}"), format: "svg", width: {side}mm))')
        lines.append(f"#place(dx: {middle - 10}mm, dy: 214mm, text(10pt)[*{serial}*])")
    with open(out + ".typ", "w") as source:
        source.write("\n".join(lines))
    typst.compile(out + ".typ", output=out)


def main():
    tool, codes, count, out = sys.argv[1:]
    with open(codes, newline="", encoding="utf-8") as rows:
        bands = [
            (row["serial"], row["qr_text"], row["pay_qr_text"])
            for row in itertools.islice(csv.DictReader(rows), int(count))
        ]
    if tool == "segno":
        by_reportlab(bands, out, matrix_of_segno)
    elif tool == "qrcode":
        by_reportlab(bands, out, matrix_of_qrcode)
    else:
        by_typst(bands, out)


main()
